"""``track.json``: which film, which part, which model, and each shot with what its colors came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from kinemacolor.engine.track.levels import CHROMA_STEP
from kinemacolor.engine.track.seal import BrokenSealError, read_sealed
from kinemacolor.errors import TrackError, reason_of
from kinemacolor.frames import Shot

NAME = "track.json"
FORMAT, VERSION = "kinemacolor chroma track", 2


@dataclass(frozen=True, slots=True)
class KeyedShot:
    """A shot, the names of the exemplars it is colored from, and the key of its colors."""

    shot: Shot
    exemplars: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class NamedExemplar:
    """An exemplar's name, its frame (None: no frame of the film), and the hash of its pixels."""

    name: str
    frame: int | None
    hash: str


@dataclass(frozen=True, slots=True)
class TrackHeader:
    """The description that a chroma track holds of itself.

    ``film`` is an absolute path, ``signature`` the hash of its content. Sizes are (height, width). ``made_by`` is the
    version of Kinemacolor. ``retimed``: the film goes by ``frame_rate`` and not by its own times. ``sound``: it is
    kept. ``deinterlace``: of an interlaced film, one picture a frame or a field.
    """

    film: Path
    signature: str | None
    film_size: tuple[int, int]
    frame_rate: str | None
    working_size: tuple[int, int]
    model: str
    exemplars: tuple[NamedExemplar, ...]
    shots: tuple[KeyedShot, ...]
    made_by: str
    retimed: bool = False
    sound: bool = True
    deinterlace: Literal["frame", "field"] | None = None

    @property
    def span(self) -> Shot:
        """The frames of the film that are colored."""
        return Shot(self.shots[0].shot.start, self.shots[-1].shot.stop)

    def as_dict(self) -> dict[str, object]:
        """The same as JSON holds it; sizes are written as (width, height)."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "kinemacolor": self.made_by,
            "film": {
                "path": str(self.film),
                "signature": self.signature,
                "size": list(reversed(self.film_size)),
                "frame_rate": self.frame_rate,
                "retimed": self.retimed,
                "sound": self.sound,
                "deinterlace": self.deinterlace,
            },
            "start": self.span.start,
            "stop": self.span.stop,
            "working_size": list(reversed(self.working_size)),
            "chroma_step": CHROMA_STEP,
            "model": self.model,
            "exemplars": [{"name": e.name, "frame": e.frame, "hash": e.hash} for e in self.exemplars],
            "shots": [
                {"start": s.shot.start, "stop": s.shot.stop, "exemplars": list(s.exemplars), "key": s.key}
                for s in self.shots
            ],
        }


def read_header(path: Path) -> TrackHeader:
    """The header of the track in a folder.

    Raises ``TrackError`` where there is none, where it is damaged in any way, and for one of another version.
    """
    if path.exists() and not path.is_dir():
        raise TrackError(f"{path} is a file, and a chroma track is a folder: OUTPUT.kctrack beside a film in color.")
    try:
        content = read_sealed(path / NAME)
    except OSError as error:
        raise TrackError(
            f"{path} is no chroma track ({reason_of(error)}: {NAME}). Give the folder that "
            "`kinemacolor colorize --track` made."
        ) from error
    except BrokenSealError as error:
        raise TrackError(
            f"{path / NAME} is damaged or of an earlier version: {error}. Run the same `kinemacolor colorize` again: "
            "it writes it anew and keeps the shots that are whole."
        ) from error
    if content.get("format") != FORMAT:
        raise TrackError(f"{path / NAME} does not describe a chroma track.")
    if content.get("version") != VERSION:
        raise TrackError(f"{path} is of version {content.get('version')}, and this program reads version {VERSION}.")
    try:
        return _header(content)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise TrackError(f"{path} has a {NAME} that lacks {error}. Color the film again.") from error


def _header(content: Mapping[str, Any]) -> TrackHeader:
    film = content["film"]
    shots = tuple(
        KeyedShot(_shot(s["start"], s["stop"]), tuple(_text(name) for name in s["exemplars"]), _text(s["key"]))
        for s in content["shots"]
    )
    if not shots:
        raise ValueError("shots")
    return TrackHeader(
        film=Path(_text(film["path"])),
        signature=None if film["signature"] is None else _text(film["signature"]),
        film_size=_size(film["size"]),
        frame_rate=None if film["frame_rate"] is None else _text(film["frame_rate"]),
        working_size=_size(content["working_size"]),
        model=_text(content["model"]),
        exemplars=tuple(
            NamedExemplar(_text(e["name"]), None if e["frame"] is None else int(e["frame"]), _text(e["hash"]))
            for e in content["exemplars"]
        ),
        shots=shots,
        made_by=_text(content["kinemacolor"]),
        retimed=film.get("retimed") is True,
        sound=film.get("sound") is not False,
        deinterlace=_rate(film.get("deinterlace")),
    )


def _rate(written: Any) -> Literal["frame", "field"] | None:
    if written == "frame":
        return "frame"
    return "field" if written == "field" else None


def _text(written: Any) -> str:
    if not isinstance(written, str) or "\0" in written:
        raise TypeError(f"a text where it has {written!r}")
    return written


def _shot(start: Any, stop: Any) -> Shot:
    if not (isinstance(start, int) and isinstance(stop, int) and 0 <= start < stop):
        raise ValueError(f"a shot where it has frames {start!r} to {stop!r}")
    return Shot(start, stop)


def _size(written: Any) -> tuple[int, int]:
    width, height = written
    if not (isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0):
        raise ValueError(f"a size where it has {written!r}")
    return height, width
