"""The choice of a clip's exemplars: frames of its own, or stills and clips from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kinemacolor.errors import ExemplarIndexError, InputError, SettingError, reason_of
from kinemacolor.evaluation.clips import Clip, Pictures
from kinemacolor.frames import Exemplar
from kinemacolor.io import exemplars as stills
from kinemacolor.io.documents import json_object
from kinemacolor.io.endings import is_film_name
from kinemacolor.io.sequence import is_still_name

NO_EXEMPLARS = "none"
"""For finished films only: every frame counts."""

_NAMED = {"first": 0, "last": -1}


@dataclass(frozen=True, slots=True)
class ExemplarChoice:
    """The value of ``--exemplars``: ``frames`` of the clip itself, files ``by_clip``, or else the files ``for_all``.

    Frames count from 0, or from -1 backwards; None is the middle one.
    """

    text: str
    frames: tuple[int | None, ...] = ()
    by_clip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    for_all: tuple[str, ...] = ()

    def of(self, clip: Clip, pictures: Pictures, count: int) -> list[Exemplar]:
        """The exemplars of a clip of ``count`` frames.

        Raises ``ExemplarError`` or ``InputError`` (or one of their classes) where one is missing or cannot serve.
        """
        if self.text == NO_EXEMPLARS:
            return []
        if self.frames:
            return _own_frames(pictures, [_position(place, count, clip) for place in self.frames])
        files = self.by_clip.get(clip.name, self.for_all)
        if not files:
            raise InputError(f"{self.text} names no exemplar for clip {clip.name}. Add one.")
        films = [spec for spec in files if _is_film(spec)]
        return [_frame_of_film(spec) for spec in films] + stills.load(
            [spec for spec in files if spec not in films], frames=count, frame_at=pictures.film.frame_at
        )


def parse_exemplars(text: str) -> ExemplarChoice:
    """The choice that a text names.

    ``none``, ``first``, ``middle``, ``last``, a frame number (from 0; -10 is the tenth from the end), several of
    these joined by ``+``; a still or a clip (its first frame, or ``clip.mp4@30``) for all clips; a folder with a
    still, a clip or a folder of stills named as each clip; or a JSON file ``{"clip": "still.png"}`` or
    ``{"clip": ["a.png@0", ...]}``, its paths seen from its own folder.

    Raises ``SettingError`` where it is none of these.
    """
    if text == NO_EXEMPLARS:
        return ExemplarChoice(text)
    places = [_place(part) for part in text.split("+")]
    if all(isinstance(place, int | None) for place in places):
        return ExemplarChoice(text, frames=tuple(place for place in places if not isinstance(place, str)))
    path = Path(text)
    if path.is_dir():
        return ExemplarChoice(text, by_clip={name: (str(p),) for name, p in _by_stem(path).items()})
    if path.suffix.lower() == ".json" and path.is_file():
        return ExemplarChoice(text, by_clip=_mapping(path))
    bare = stills.parse(path)[0]
    if bare.is_file() and (is_still_name(bare) or is_film_name(bare)):
        return ExemplarChoice(text, for_all=(text,))
    raise SettingError(
        f"Exemplars '{text}' are no frames and no file. Write first, middle, last, 9, first+last, 9+-10, "
        "or give a still, a clip, a folder or a JSON mapping."
    )


def _place(part: str) -> int | str | None:
    if part == "middle":
        return None
    try:
        return _NAMED[part] if part in _NAMED else int(part)
    except ValueError:
        return part


def _by_stem(folder: Path) -> dict[str, Path]:
    return {path.stem if path.is_file() else path.name: path for path in sorted(folder.iterdir())}


def _mapping(path: Path) -> dict[str, tuple[str, ...]]:
    try:
        content = json_object(path)
        entries = {name: [files] if isinstance(files, str) else list(files) for name, files in content.items()}
        return {name: tuple(str(path.parent / file) for file in files) for name, files in entries.items()}
    except (OSError, ValueError, TypeError) as error:
        raise SettingError(
            f'{path} is no mapping of clips to stills ({reason_of(error)}). Write {{"clip": "still.png", ...}}.'
        ) from error


def _position(place: int | None, count: int, clip: Clip) -> int:
    index = count // 2 if place is None else place if place >= 0 else count + place
    if not 0 <= index < count:
        raise ExemplarIndexError(f"Clip {clip.name} has {count} frames, so exemplar frame {place} is none of them.")
    return index


def _own_frames(pictures: Pictures, wanted: Sequence[int]) -> list[Exemplar]:
    found = []
    for picture in pictures:
        if picture.index in wanted:
            if not picture.readable:
                raise InputError(f"Frame {picture.index} of {pictures.path} cannot be read, so it is no exemplar.")
            found.append(Exemplar(picture.rgb, picture.index, name=f"frame {picture.index}"))
        if picture.index == max(wanted):
            break
    return found


def _is_film(spec: str) -> bool:
    return is_film_name(stills.parse(spec)[0])


def _frame_of_film(spec: str) -> Exemplar:
    """A frame of another film, bound to no frame of the clip."""
    path, place = stills.parse(spec)
    index = place if isinstance(place, int) and spec != str(path) else 0
    for picture in Pictures(path, stop=index + 1):
        if picture.index == index:
            return Exemplar(picture.rgb, None, name=spec)
    raise ExemplarIndexError(f"{path} has no frame {index} to be an exemplar. Give a smaller number.")
