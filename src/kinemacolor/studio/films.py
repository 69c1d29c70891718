"""The work folder: which films are in it, under which names, and where their files lie.

::

    Kinemacolor/
        films/reel/reel.mov         a film that was put in
        reel.kinemacolor/           its project, as ``kinemacolor project`` knows it
            cache/                  thumbnails, samples, pictures of what is being colored: may be deleted
            history/                what can be undone
            stills/  out/           what was put in, what was written
        .studio/                    the queue, and the secret of the page
"""

import re
import shutil
import unicodedata
from contextlib import suppress
from pathlib import Path

from kinemacolor.engine.project.files import ENDING, SETTINGS, open_project
from kinemacolor.errors import InputError, KinemacolorError, SettingError
from kinemacolor.studio.places import OWN

FILMS = "films"
_NAME_CHARACTERS = 48
_STRANGE = re.compile(r"[^a-z0-9]+")
_DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)
"""Names that mean a device to Windows, whatever their ending."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")


class NoSuchFilmError(InputError):
    """The work folder has no film of this name."""


def slug(name: str) -> str:
    """A short name of small letters, digits and hyphens, for a folder and for an address; never empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _STRANGE.sub("-", plain).strip("-")[:_NAME_CHARACTERS].strip("-") or "film"


def safe_name(name: str) -> str:
    """The last part of a file's name as it may be written: no folders, devices or hidden names; never empty."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    last = _UNSAFE.sub("_", last).strip(" .")
    stem, dot, ending = last.rpartition(".")
    stem, ending = (stem, ending) if dot else (last, "")
    stem = stem.encode()[:120].decode(errors="ignore").strip(" .") or "film"
    stem = f"_{stem}" if _DEVICES.fullmatch(stem) else stem
    return f"{stem}.{ending[:10]}" if ending else stem


class WorkFolder:
    """The films of a folder. A name is looked up among those that are there and never made into a path."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / OWN).mkdir(exist_ok=True)
        self._outside: dict[str, Path] = {}

    @property
    def own(self) -> Path:
        """The folder of what belongs to no film."""
        return self.root / OWN

    def names(self) -> list[str]:
        """The films' names: of projects, and of films that are still to become one."""
        projects = [path.name.removesuffix(ENDING) for path in self.root.glob(f"*{ENDING}") if self._is_project(path)]
        put_in = self.root / FILMS
        waiting = [path.name for path in put_in.iterdir() if self._film_in(path)] if put_in.is_dir() else []
        return sorted({*projects, *waiting, *self._outside})

    def _is_project(self, path: Path) -> bool:
        return not path.is_symlink() and (path / SETTINGS).is_file()

    @staticmethod
    def _film_in(folder: Path) -> Path | None:
        if folder.is_symlink() or not folder.is_dir():
            return None
        found = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]
        return found[0] if found else None

    def require(self, name: str) -> str:
        """The name. Raises ``NoSuchFilmError`` where no film has it."""
        if name not in self.names():
            raise NoSuchFilmError("There is no such film here. Go back to the list of films.")
        return name

    def project(self, name: str) -> Path:
        """The folder of a film's project, which may not be there yet."""
        return self.root / f"{name}{ENDING}"

    def has_project(self, name: str) -> bool:
        """Whether the film's project is there."""
        return self._is_project(self.project(name))

    def film(self, name: str) -> Path:
        """The film's own file. Raises ``NoSuchFilmError`` where it is gone."""
        if self.has_project(name):
            return open_project(self.project(name)).film
        found = self._outside.get(name) or self._film_in(self.root / FILMS / name)
        if found is None:
            raise NoSuchFilmError("There is no such film here. Go back to the list of films.")
        return found

    def clear_up(self) -> None:
        """Removes what is left of films that did not come in whole."""
        for partial in (self.root / FILMS).glob("*/.*.partial"):
            partial.unlink(missing_ok=True)
            with suppress(OSError):
                partial.parent.rmdir()

    def new_name(self, title: str) -> str:
        """A name that no film has yet."""
        first, taken = slug(title), set(self.names())
        number, name = 1, first
        while name in taken or (self.root / FILMS / name).exists() or self.project(name).exists():
            number += 1
            name = f"{first}-{number}"
        return name

    def place_for(self, name: str, file_name: str) -> Path:
        """Where a film that is put in goes; its folder is made."""
        folder = self.root / FILMS / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder / safe_name(file_name)

    def take(self, film: Path) -> str:
        """The name of a film that lies elsewhere, which its owner named on the command line."""
        whole = film.resolve()
        for name in self.names():
            try:
                if self.film(name).resolve() == whole:
                    return name
            except (KinemacolorError, OSError):
                continue
        if not whole.exists():
            raise InputError(f"{film} is not there. Give a film, a project, or a folder to work in.")
        name = self.new_name(film.stem)
        self._outside[name] = whole
        return name

    def remove(self, name: str) -> None:
        """Removes a film's project, and the film itself where it was put in."""
        self.require(name)
        project = self.project(name)
        if project.resolve().parent != self.root.resolve():
            raise SettingError("This film's project is not in the work folder, and is left as it is.")
        shutil.rmtree(project, ignore_errors=True)
        shutil.rmtree(self.root / FILMS / name, ignore_errors=True)
        self._outside.pop(name, None)
