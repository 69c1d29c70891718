"""The films, folders of frames and photographs to learn from, and their licenses.

A table ``SOURCES.csv`` with the columns ``file`` (relative to the table) and ``license_class`` may lie in a data
folder or above it. What it does not name is of class ``unknown``.
"""

import fnmatch
import itertools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kinemacolor.errors import InputError, SettingError, reason_of
from kinemacolor.io.documents import DocumentError, read_lines
from kinemacolor.io.endings import is_film_name
from kinemacolor.io.sequence import is_picture_name
from kinemacolor.io.table import read_table

TABLE_NAME = "SOURCES.csv"
UNKNOWN = "unknown"
_CLASSES, _LICENSES = ("license_class", "licence_class"), ("license", "licence")
"""Either spelling of a column; the first is that of new tables."""

_FEWEST_FRAMES = 8
_NUMBERED = re.compile(r"(.*?)(\d+)(\D*)")

Kind = Literal["film", "frames", "photograph"]


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Files that are not to be learnt from.

    ``names`` are patterns (as in a shell) of files' names without their ending; ``licenses`` are words that the
    table's column ``license`` (or ``licence``) must not hold, in whatever case.
    """

    names: tuple[str, ...] = ()
    licenses: tuple[str, ...] = ()

    @classmethod
    def of_files(cls, files: Iterable[Path], licenses: Iterable[str] = ()) -> "Exclusions":
        """The patterns in text files, one in a line; what follows a ``#`` is a remark.

        Raises ``InputError`` where a file does not exist or is no text.
        """
        lines: list[str] = []
        for file in files:
            if not file.is_file():
                raise InputError(f"{file} does not exist. Give a text file with a name or pattern in each line.")
            try:
                lines += read_lines(file)
            except DocumentError as error:
                raise InputError(
                    f"{file} cannot be read ({error}). Give a text file of names or patterns."
                ) from error
        return cls(tuple(lines), tuple(licenses))

    def holds(self, path: Path, license: str = "") -> bool:
        """Whether a file with this license is excluded."""
        by_license = any(word.lower() in license.lower() for word in self.licenses)
        return by_license or any(fnmatch.fnmatchcase(path.stem, name) for name in self.names)


@dataclass(frozen=True, slots=True)
class Source:
    """One file or folder to learn from. ``frames`` is a folder of consecutively numbered pictures."""

    path: Path
    kind: Kind
    license_class: str = UNKNOWN


def find_sources(
    roots: Sequence[Path],
    *,
    license_classes: Collection[str] | None = None,
    table: Path | None = None,
    excluded: Exclusions | None = None,
) -> list[Source]:
    """All sources in these files and folders and below, in order of their paths, but for what is ``excluded``.

    With ``license_classes`` only those of one of these classes. ``table`` replaces a ``SOURCES.csv`` found nearby.

    Raises ``InputError`` where a root does not exist or nothing is left, ``SettingError`` where licenses matter and
    there is no table.
    """
    without = excluded or Exclusions()
    found: dict[Path, Source] = {}
    for root in roots:
        if not root.exists():
            raise InputError(f"{root} does not exist. Give a film, a photograph, or a folder of them.")
        where = table or _table_above(root)
        if (license_classes is not None or without.licenses) and where is None:
            raise SettingError(
                f"No {TABLE_NAME} lies in or above {root}, so license classes are not known. "
                "Give the table, or train without choosing by license."
            )
        classes = license_classes_of(where) if where else {}
        licenses = _column_of(where, _LICENSES) if where and without.licenses else {}
        for path, kind in _walk(root.resolve()):
            if not without.holds(path, _entry_of(path, licenses, "")):
                found[path] = Source(path, kind, _entry_of(path, classes, UNKNOWN))
    kept = [s for s in found.values() if license_classes is None or s.license_class in license_classes]
    if not kept:
        among = f" of license class {', '.join(sorted(license_classes))}" if license_classes is not None else ""
        raise InputError(f"No films or photographs{among} under {', '.join(map(str, roots))}. Give other folders.")
    return sorted(kept, key=lambda source: source.path)


def license_classes_of(table: Path) -> dict[Path, str]:
    """The license class of each file that a table names, by absolute path.

    Raises ``InputError`` where the table cannot be read or a column is missing.
    """
    return {path: entry or UNKNOWN for path, entry in _column_of(table, _CLASSES).items()}


def _column_of(table: Path, spellings: Sequence[str]) -> dict[Path, str]:
    """A column of the table by absolute path; the column has one of these names."""
    try:
        content = read_table(table)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{table} cannot be read ({reason_of(error)}). Give a CSV file in UTF-8.") from error
    column = next((name for name in spellings if name in content.columns), None)
    missing = [name for name, there in (("file", "file" in content.columns), (spellings[0], column)) if not there]
    if missing or column is None:
        raise InputError(f"{table} has no column {', '.join(missing)}. Its first line must name them.")
    folder = table.resolve().parent
    return {folder / row.cells["file"]: row.cells[column] for row in content.rows}


def _table_above(root: Path) -> Path | None:
    places = [root, *root.resolve().parents]
    return next((place / TABLE_NAME for place in places if (place / TABLE_NAME).is_file()), None)


def _entry_of(path: Path, entries: dict[Path, str], otherwise: str) -> str:
    """The entry of a file, or of the nearest folder above it that has one."""
    return next((entries[p] for p in (path, *path.parents) if p in entries), otherwise)


def _walk(root: Path) -> Iterable[tuple[Path, Kind]]:
    if root.is_file():
        kind = _kind_of(root)
        return [(root, kind)] if kind else []
    inside = sorted(root.iterdir())
    files = [(path, kind) for path in inside if path.is_file() and (kind := _kind_of(path))]
    if _is_sequence([path for path, _ in files]):
        return [(root, "frames")]
    folders = [path for path in inside if path.is_dir() and not path.name.startswith(".")]
    return [*files, *(pair for folder in folders for pair in _walk(folder))]


def _kind_of(path: Path) -> Kind | None:
    if is_film_name(path):
        return "film"
    return "photograph" if is_picture_name(path) else None


def _is_sequence(paths: list[Path]) -> bool:
    """Whether these are one clip's frames: at least 8 pictures, named alike but for numbers at a constant step."""
    parts = [_NUMBERED.fullmatch(path.stem) for path in paths if is_picture_name(path)]
    if len(parts) != len(paths) or len(parts) < _FEWEST_FRAMES or not all(parts):
        return False
    names = {(part[1], part[3]) for part in parts if part}
    numbers = sorted(int(part[2]) for part in parts if part)
    steps = {after - before for before, after in itertools.pairwise(numbers)}
    return len(names) == 1 and len(steps) == 1
