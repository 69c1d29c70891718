"""Names of numbered pictures: a folder, or a pattern such as ``frame_%04d.png``, and their order by number."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from kinemacolor.errors import InputError

PICTURE_ENDINGS = frozenset(
    {".png", ".tif", ".tiff", ".jpg", ".jpeg", ".bmp", ".webp", ".dpx", ".pgm", ".ppm", ".pnm", ".jp2", ".tga"}
)
STILL_ENDINGS = PICTURE_ENDINGS | {".gif", ".avif", ".jfif", ".jpe", ".heic", ".heif", ".hif", ".psd", ".exr"}
"""Endings of pictures that serve as stills, photographs and exemplars; ``PICTURE_ENDINGS`` are those of films."""

_SAME_KIND = {".tif": ".tiff", ".jpg": ".jpeg"}
_PLACE = re.compile(r"%(0?)(\d*)d")
_LAST_NUMBER = re.compile(r"(\d+)(?!.*\d)")
_DEFAULT_NAME = "frame_%06d.png"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A folder and a file name with one place for a number, such as ``frame_%04d.png``."""

    folder: Path
    name: str

    def path(self, number: int) -> Path:
        """The file of a number."""
        place = _PLACE.search(self.name)
        assert place is not None
        digits = str(number).rjust(int(place[2] or 1), "0" if place[1] else " ")
        return self.folder / (self.name[: place.start()] + digits + self.name[place.end() :])

    def fits(self, name: str) -> bool:
        """Whether a file name is one of the pattern's."""
        return self._shape().fullmatch(name) is not None

    def numbered(self) -> dict[Path, int]:
        """The files that there are and their numbers, in numeric order; any number of leading zeros."""
        if not self.folder.is_dir():
            return {}
        shape = self._shape()
        found = {path: int(match[1]) for path in self.folder.iterdir() if (match := shape.fullmatch(path.name))}
        return dict(sorted(found.items(), key=lambda item: (item[1], item[0].name)))

    def _shape(self) -> re.Pattern[str]:
        place = _PLACE.search(self.name)
        assert place is not None
        head, tail = re.escape(self.name[: place.start()]), re.escape(self.name[place.end() :])
        return re.compile(rf"{head} *(\d+){tail}", re.IGNORECASE)


def is_picture_name(path: Path) -> bool:
    """Whether a file name ends like a picture."""
    return path.suffix.lower() in PICTURE_ENDINGS


def is_still_name(path: Path) -> bool:
    """Whether a file name ends like a still."""
    return path.suffix.lower() in STILL_ENDINGS


def is_sequence(source: Path) -> bool:
    """Whether a source names pictures: a folder, a pattern, or one picture."""
    return source.is_dir() or is_picture_name(source)


def pattern_for_output(output: Path) -> Pattern | None:
    """Where pictures are to be written: a pattern, or a folder (a name without an ending); None for other names."""
    if is_picture_name(output) and len(_PLACE.findall(output.name)) == 1:
        return Pattern(output.absolute().parent, output.name)
    if not output.suffix or output.is_dir():
        return Pattern(output.absolute(), _DEFAULT_NAME)
    return None


def pictures_of(source: Path) -> tuple[list[Path], list[str]]:
    """The pictures of a folder, a pattern or a single file in order of their numbers, and warnings of gaps.

    Raises ``InputError`` where there are none, where two have one number, or where a folder mixes kinds.
    """
    if source.is_dir():
        numbered = _numbered_in(source)
    elif source.is_file():
        return [source], []
    elif len(_PLACE.findall(source.name)) == 1:
        numbered = Pattern(source.parent, source.name).numbered()
    else:
        raise InputError(f"{source} does not exist. Give a film, a folder, or a pattern such as frame_%04d.png.")
    if not numbered:
        raise InputError(f"{source} has no pictures. Give a folder of png, tiff or jpeg, or a matching pattern.")
    twice = [number for number, count in Counter(numbered.values()).items() if count > 1 and number >= 0]
    if twice:
        names = ", ".join(path.name for path, number in numbered.items() if number == twice[0])
        raise InputError(f"{source}: number {twice[0]} belongs to {names}. Leave one picture a number.")
    return list(numbered), _gap_warnings(source, [number for number in numbered.values() if number >= 0])


def _numbered_in(folder: Path) -> dict[Path, int]:
    """The pictures of a folder by number; those without one (-1) by name, first."""
    pictures = [path for path in folder.iterdir() if is_picture_name(path) and not path.name.startswith(".")]
    kinds = Counter(_SAME_KIND.get(path.suffix.lower(), path.suffix.lower()) for path in pictures)
    if len(kinds) > 1:
        found = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        raise InputError(f"{folder} mixes pictures: {found}. Give a pattern such as {folder}/frame_%04d.png.")
    numbers = {path: -1 if (number := last_number(path.stem)) is None else number for path in pictures}
    return dict(sorted(numbers.items(), key=lambda item: (item[1], item[0].name)))


def last_number(stem: str) -> int | None:
    """The last number in a name, by which pictures are ordered; None where there is none."""
    found = _LAST_NUMBER.search(stem)
    return int(found[1]) if found else None


def _gap_warnings(source: Path, numbers: list[int]) -> list[str]:
    missing = [(a + 1, b - 1) for a, b in pairwise(numbers) if b - a > 1]
    if not missing:
        return []
    first = "-".join(str(number) for number in dict.fromkeys(missing[0]))
    count = sum(b - a + 1 for a, b in missing)
    return [f"{source}: {count} numbers are missing (first {first}). The pictures are taken in order, without a gap."]
