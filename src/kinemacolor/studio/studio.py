"""The studio itself: films of a work folder, and its parts, each for a subject; the queue colors."""

import contextlib
from pathlib import Path
from typing import Any

from kinemacolor.errors import InputError, KinemacolorError, SettingError
from kinemacolor.studio.changes import Changes
from kinemacolor.studio.film import StudioFilm
from kinemacolor.studio.helper import Helper
from kinemacolor.studio.helper import helpers as new_helpers
from kinemacolor.studio.incoming import Incoming
from kinemacolor.studio.limits import Limits
from kinemacolor.studio.plans import Plans, require_stills
from kinemacolor.studio.presets import PRESETS
from kinemacolor.studio.queue import Queue, Work
from kinemacolor.studio.shelf import Shelf
from kinemacolor.studio.steps import ColorSteps
from kinemacolor.studio.views import Views

_MOST_WORKS = 8


class Studio:
    """All that a page needs. Methods may be called from any thread; news comes by ``events``.

    ``incoming`` takes films in, ``views`` gives pictures, ``changes`` makes edits, ``plans`` says what to color next.
    ``options`` are those of a run (``engine.job``) that a new project begins with. ``helpers`` look and color;
    studios may share them, so that one thing is colored at a time.
    """

    def __init__(
        self,
        root: Path,
        *,
        limits: Limits | None = None,
        options: dict[str, object] | None = None,
        helpers: tuple[Helper, Helper] | None = None,
    ) -> None:
        look, color = helpers or new_helpers()
        self._own_helpers = () if helpers else (look, color)
        self._look, self._shelf = look, Shelf(root, limits or Limits(), look)
        self.folder, self.events = self._shelf.folder, self._shelf.events
        self.incoming = Incoming(self._shelf, dict(options or {}))
        self.views = Views(self._shelf)
        self.plans = Plans(self._shelf, color, lambda: self._queue.again())
        self.changes = Changes(self._shelf, self.plans)
        self._queue = Queue(color, ColorSteps(self._shelf, self.plans), self.events, self.folder.own / "queue.json")

    @property
    def limits(self) -> Limits:
        """The limits of what may come in."""
        return self._shelf.limits

    @property
    def options(self) -> dict[str, object]:
        """The options of a run that a new project begins with."""
        return self.incoming.options

    def start(self) -> None:
        """Starts what works in the background, with what an earlier program left undone."""
        self._look.start()
        self._queue.start()
        self.folder.clear_up()
        for name in self.folder.names():
            if not self.folder.has_project(name):
                self.incoming.survey(name)

    def close(self) -> None:
        """Ends what works in the background, but for processes that are shared. Nothing that is finished is lost."""
        for helper in self._own_helpers:
            helper.close()
        self._queue.close()

    @property
    def busy(self) -> bool:
        """Whether something is being looked at, colored or written, or waits to be."""
        return self.incoming.busy or any(not work.is_over for work in self._queue.works())

    # ---- films

    def films(self) -> list[dict[str, Any]]:
        """The films, those that are being looked through among them."""
        return [self._listed(name) for name in self.folder.names()]

    def _listed(self, name: str) -> dict[str, Any]:
        about: dict[str, Any] = {"name": name, "title": name, "opening": self.incoming.progress(name)}
        with contextlib.suppress(KinemacolorError, OSError):
            about["title"] = self.folder.film(name).name
        return about

    def describe(self, name: str) -> dict[str, Any]:
        """A film as JSON. Raises ``NoSuchFilmError`` where there is none."""
        self.folder.require(name)
        if not self.folder.has_project(name) or self.incoming.progress(name) is not None:
            return {**self._listed(name), "shots": [], "works": []}
        film = self.film(name)
        if not film.planned:
            self.plans.renew(film)
        self.plans.warm(film)
        if not film.suggestions and not film.edits.stills():
            self.plans.suggest(name)
        presets = [{"name": p.name, "title": p.title, "about": p.about} for p in PRESETS.values()]
        return {
            **film.described(),
            "works": self.works(name)[-_MOST_WORKS:],
            "presets": presets,
            "suggesting": self.plans.is_suggesting(name),
            "command": f"kinemacolor project run {film.folder}",
        }

    def film(self, name: str) -> StudioFilm:
        """A film with a project. Raises ``NoSuchFilmError``, or ``InputError`` where it is still looked through."""
        return self._shelf.film(name)

    def remove(self, name: str) -> None:
        """Removes a film that was put in, with its project; a film that lies elsewhere stays."""
        self.folder.require(name)
        self._queue.stop_film(name)
        self._shelf.forget(name)
        self.incoming.forget(name)
        self.folder.remove(name)
        self.events.tell("films")

    # ---- work

    def color(self, name: str, shots: list[int] | None) -> dict[str, Any]:
        """Colors shots that begin at these frames, or the whole film: a work of the queue."""
        require_stills(self.film(name))
        return Queue.described(self._queue.add(Work(name, "color", shots)))

    def write(self, name: str, preset: str) -> dict[str, Any]:
        """Writes the film in color, after what is missing of it is colored: a work of the queue."""
        require_stills(self.film(name))
        if preset not in PRESETS:
            raise SettingError(f"There is no kind of film '{preset}'. Choose {', '.join(PRESETS)}.")
        return Queue.described(self._queue.add(Work(name, "write", None, preset)))

    def stop(self, work: str) -> None:
        """Stops a work within a second; what is finished of it stays."""
        self._queue.stop(work)

    def works(self, name: str) -> list[dict[str, Any]]:
        """A film's works, the oldest first."""
        return [Queue.described(work) for work in self._queue.works(name)]

    def output(self, name: str, file: str) -> Path:
        """A film that was written. Raises ``InputError`` where there is none of this name."""
        film = self.film(name)
        if file not in {each["name"] for each in film.outputs()}:
            raise InputError("This film has not been written yet, or was removed.")
        return film.folder / "out" / file
