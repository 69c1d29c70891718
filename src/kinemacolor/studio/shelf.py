"""The films of a work folder that are open, with what every part of the studio shares."""

import threading
from pathlib import Path

from kinemacolor.errors import InputError
from kinemacolor.studio.events import Events
from kinemacolor.studio.film import StudioFilm
from kinemacolor.studio.films import WorkFolder
from kinemacolor.studio.helper import Helper
from kinemacolor.studio.limits import Limits
from kinemacolor.studio.places import CACHE


class Shelf:
    """The work folder, its open films, and the process that looks at them."""

    def __init__(self, root: Path, limits: Limits, look: Helper) -> None:
        self.folder, self.limits, self.events, self.look = WorkFolder(root), limits, Events(), look
        self.lock = threading.RLock()
        self._films: dict[str, StudioFilm] = {}

    def film(self, name: str) -> StudioFilm:
        """A film with a project. Raises ``NoSuchFilmError``, or ``InputError`` where it is still looked through."""
        self.folder.require(name)
        if not self.folder.has_project(name):
            raise InputError("The film is still being looked through. Wait until its shots are there.")
        with self.lock:
            if name not in self._films:
                place = self.folder.project(name)
                if not (place / CACHE / "facts.json").is_file():
                    self.look.call("facts", str(place)).future.result(self.limits.probe_seconds)
                self._films[name] = StudioFilm(name, place)
            return self._films[name]

    def forget(self, name: str) -> None:
        """Lets go of a film."""
        with self.lock:
            self._films.pop(name, None)
