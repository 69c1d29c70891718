"""Clips to evaluate on: films and folders of pictures, and their pictures one by one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from kinemacolor import color
from kinemacolor.errors import InputError, UnreadableImageError
from kinemacolor.frames import RGB, Planes, Shot, size_of
from kinemacolor.io import sequence
from kinemacolor.io.endings import FILM_ENDINGS, is_film_name
from kinemacolor.io.film import LONGER_THAN_ANY, Film
from kinemacolor.io.pictures import read_picture
from kinemacolor.models.base import Confidence
from kinemacolor.resize import resize_picture


@dataclass(frozen=True, slots=True)
class Clip:
    """A film or a folder of pictures, and where its object masks lie, if it has any."""

    name: str
    path: Path
    masks: Path | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame. Where it could not be read (``readable``) it shows the one before.

    ``planes`` are the film's own, where it is one that was not resized. ``confidence`` is that of the model that
    colored it, if it has one.
    """

    index: int
    rgb: RGB
    readable: bool = True
    planes: Planes | None = None
    confidence: Confidence | None = None


def find_clips(root: Path) -> list[Clip]:
    """The clips in a folder by name: its films, and its folders of pictures. A film, or pictures, are one clip.

    Raises ``InputError`` where there are none, or where two have one name.
    """
    if not root.exists():
        raise InputError(f"{root} does not exist. Give a folder of clips, a film, or a folder of pictures.")
    if root.is_file() or has_pictures(root):
        return [Clip(root.stem if root.is_file() else root.name, root)]
    found = [Clip(p.stem, p) for p in root.iterdir() if p.is_file() and is_film_name(p)]
    found += [Clip(p.name, p) for p in root.iterdir() if p.is_dir() and has_pictures(p)]
    clips = sorted(found, key=lambda clip: (clip.name, str(clip.path)))
    for one, other in pairwise(clips):
        if one.name == other.name:
            raise InputError(f"{one.path.name} and {other.path.name} in {root} are one clip by name. Rename one.")
    if not clips:
        raise InputError(f"{root} holds no clip: no film ({', '.join(sorted(FILM_ENDINGS))}), no folder of pictures.")
    return clips


def with_masks(clip: Clip, folder: Path | None) -> Clip:
    """The clip with the masks that a folder has under its name; without any where there are none."""
    masks = folder / clip.name if folder is not None else None
    return replace(clip, masks=masks if masks is not None and masks.is_dir() else None)


def has_pictures(folder: Path) -> bool:
    """Whether pictures lie in the folder itself."""
    return any(sequence.is_picture_name(path) and not path.name.startswith(".") for path in folder.iterdir())


class Pictures:
    """A clip's pictures in sRGB, each time they are iterated; ``problems`` then says what could not be read.

    ``size`` (height, width) resizes each (antialiased); ``stop`` is how many are read at most. Pictures of a folder
    are decoded exactly, films by their own planes.

    Iterating raises ``InputError`` where there is no first picture.
    """

    def __init__(self, path: Path, *, size: tuple[int, int] | None = None, stop: int | None = None) -> None:
        self.path, self.size, self.stop = path, size, stop
        self.problems: list[str] = []

    def __iter__(self) -> Iterator[Picture]:
        self.problems = []
        for picture in self._of_folder() if sequence.is_sequence(self.path) else self._of_film():
            if self.size is not None:
                picture = replace(picture, rgb=resize_picture(picture.rgb, self.size), planes=None)
            yield picture

    @cached_property
    def film(self) -> Film:
        """The clip as a film. Raises ``InputError`` where it cannot be read."""
        return Film.open(self.path)

    def _of_film(self) -> Iterator[Picture]:
        with self.film.frames(Shot(0, LONGER_THAN_ANY if self.stop is None else self.stop)) as reader:
            for index, frame in enumerate(reader):
                assert frame.planes is not None
                yield Picture(index, color.to_8_bits(color.rgb_of_planes(frame.planes)), planes=frame.planes)
            self.problems += reader.warnings

    def _of_folder(self) -> Iterator[Picture]:
        paths, gaps = sequence.pictures_of(self.path)
        self.problems += gaps
        before: RGB | None = None
        for index, path in enumerate(paths[: self.stop]):
            try:
                rgb = _read(path, before)
            except UnreadableImageError as error:
                if before is None:
                    raise InputError(f"{error} It is the first of its clip.") from error
                self.problems.append(f"{error} Frame {index} is not scored.")
                yield Picture(index, before, readable=False)
            else:
                before = rgb
                yield Picture(index, rgb)


def _read(path: Path, before: RGB | None) -> RGB:
    rgb, _ = read_picture(path)
    if before is not None and rgb.shape != before.shape:
        sizes = [f"{picture.shape[-1]}x{picture.shape[-2]}" for picture in (rgb, before)]
        raise UnreadableImageError(f"{path} is {sizes[0]}, but the pictures before it are {sizes[1]}.")
    return rgb


class Survey(NamedTuple):
    """The number of frames of a clip, and their size."""

    frames: int
    size: tuple[int, int]


def survey(pictures: Pictures) -> Survey:
    """The number of pictures and their ``(height, width)``, found by reading all of them."""
    count, size = 0, (0, 0)
    for picture in pictures:
        count, size = count + 1, size_of(picture.rgb)
    if not count:
        raise InputError(f"{pictures.path} has no frame. Copy or download it again.")
    return Survey(count, size)
