"""Films that come in: checked, copied, probed in a process that may be killed, and looked through for their shots."""

import contextlib
import shutil
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from kinemacolor.errors import InputError
from kinemacolor.studio.calls import Told
from kinemacolor.studio.films import safe_name, slug
from kinemacolor.studio.shelf import Shelf


class Incoming:
    """The films that are coming in. ``options`` are those of a run that a new project begins with."""

    def __init__(self, shelf: Shelf, options: dict[str, object]) -> None:
        self._shelf, self.options = shelf, options
        self._opening: dict[str, dict[str, Any]] = {}

    def progress(self, name: str) -> dict[str, Any] | None:
        """How far the look through a film is, or the error it ended with; None for a film that is through."""
        return self._opening.get(name)

    @property
    def busy(self) -> bool:
        """Whether a film is being looked through."""
        return any(not each["error"] for each in list(self._opening.values()))

    def forget(self, name: str) -> None:
        """Lets go of a film."""
        self._opening.pop(name, None)

    def check(self, size_bytes: int | None) -> None:
        """Raises ``InputError`` for a film that is too large, or larger than the disk has room for."""
        limits = self._shelf.limits
        if size_bytes is None:
            raise InputError("The browser does not say how large the film is, so it is not taken in.")
        if size_bytes > limits.film_bytes:
            raise InputError(
                f"The film has {size_bytes / 2**30:.1f} GiB, and {limits.film_bytes / 2**30:g} are the limit. "
                "Color it with `kinemacolor colorize`."
            )
        free = shutil.disk_usage(self._shelf.folder.root).free
        if size_bytes > free:
            raise InputError(
                f"The film has {size_bytes / 2**30:.2f} GiB, and the disk has {free / 2**30:.2f} GiB left. Make room."
            )

    def begin(self, file_name: str) -> tuple[str, Path]:
        """The name of a film that is coming in, and where its bytes go until ``end``."""
        folder = self._shelf.folder
        with self._shelf.lock:
            name = folder.new_name(Path(safe_name(file_name)).stem)
            place = folder.place_for(name, file_name)
            return name, place.with_name(f".{slug(name)}.partial")

    def end(self, name: str, partial: Path, file_name: str) -> dict[str, Any]:
        """The facts of a film that has come in whole; its shots are found from now on.

        Raises ``InputError`` for what is no film, or one beyond the limits; nothing of it is left then.
        """
        place = self._shelf.folder.place_for(name, file_name)
        try:
            partial.replace(place)
            facts = self._probe(place)
        except BaseException:
            self.drop(place)
            raise
        self.survey(name)
        self._shelf.events.tell("films")
        return {"name": name, "facts": facts}

    @staticmethod
    def drop(partial: Path) -> None:
        """Removes what has come of a film that does not come."""
        partial.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            partial.parent.rmdir()

    def take(self, path: Path) -> str:
        """The name of a film or project that its owner named on the command line; it is opened."""
        folder = self._shelf.folder
        name = folder.take(path)
        if not folder.has_project(name):
            self._probe(folder.film(name))
            self.survey(name)
        return name

    def _probe(self, path: Path) -> dict[str, Any]:
        """The facts, from a process that may be killed. Raises ``InputError``."""
        limits = self._shelf.limits
        call = self._shelf.look.call("probe", str(path), limits)
        try:
            return dict(call.future.result(limits.probe_seconds))
        except TimeoutError:
            self._shelf.look.kill()
            raise InputError(
                f"{path.name} could not be read within {limits.probe_seconds:g} seconds and is not taken in."
            ) from None
        except InputError as error:
            raise InputError(str(error).replace(str(path), path.name)) from None

    def survey(self, name: str) -> None:
        """Makes a film's project: one pass that finds its shots."""
        with self._shelf.lock:
            if name in self._opening:
                return
            self._opening[name] = {"what": "Looking for cuts", "done": 0, "total": None, "error": ""}
        source, place = self._shelf.folder.film(name), self._shelf.folder.project(name)

        def told(now: Told) -> None:
            self._opening[name] = {**now, "error": ""}
            self._shelf.events.tell("look", film=name, **now)

        call = self._shelf.look.call("survey", str(source), str(place), self.options, told=told)
        call.future.add_done_callback(lambda future: self._surveyed(name, future))

    def _surveyed(self, name: str, future: "Future[Any]") -> None:
        error = future.exception()
        if error is None:
            self._opening.pop(name, None)
        else:
            words = str(error).replace(str(self._shelf.folder.root) + "/", "")
            self._opening[name] = {"what": "", "done": 0, "total": None, "error": words}
        self._shelf.events.tell("film", film=name)
        self._shelf.events.tell("films")
