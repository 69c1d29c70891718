"""Tables that people write: CSV in UTF-8, its columns named in the first line, as spreadsheets save it."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.io.regular import NoRegularFileError, read_regular

_LIMIT_BYTES = 2**26
_COMPUTED = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: its number in the file, from 1, and its cells by column, stripped; empty where missing."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Column names, in lower case, the line they stand in, and the rows."""

    columns: tuple[str, ...]
    line: int
    rows: tuple[Row, ...]


def read_table(path: Path) -> Table:
    """The table in a file; without columns where the file has none.

    Cells are set apart by commas, or by semicolons, as spreadsheets in much of Europe save them: whichever the first
    line has. Empty lines and those that begin with ``#`` are left out, and so is what stands beyond the columns.

    Raises ``OSError`` where the file cannot be read, or is no table, and ``UnicodeDecodeError`` where it is no UTF-8.
    """
    lines = read_regular(path, limit_bytes=_LIMIT_BYTES).decode("utf-8-sig").splitlines()
    head = next((line for line in lines if _counts([line])), "")
    reader = csv.reader(lines, delimiter=";" if ";" in head and "," not in head else ",")
    columns: tuple[str, ...] = ()
    first, rows = 1, []
    for cells in _read(reader, path):
        if not _counts(cells):
            continue
        if columns:
            padded = [*cells, *[""] * (len(columns) - len(cells))]
            rows.append(Row(reader.line_num, dict(zip(columns, map(_plain, padded)))))
        else:
            columns, first = tuple(name.strip().lower() for name in cells), reader.line_num
    return Table(columns, first, tuple(rows))


def _read(reader: Iterator[list[str]], path: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:  # a cell of 128 kB, a NUL
        raise NoRegularFileError(path, f"it is no table: {error}") from error


def cell(value: object) -> str:
    """A value as a table holds it: a text that a spreadsheet would compute (``=1+1``) gets an apostrophe before it.

    ``read_table`` takes it off again. Numbers stay as they are.
    """
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and _is_formula(text) else text


def _is_formula(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.startswith(_COMPUTED)
    return False


def _plain(written: str) -> str:
    text = written.strip()
    return text[1:] if text.startswith("'") and _is_formula(text[1:]) else text


def _counts(cells: list[str]) -> bool:
    """Whether a line is neither empty nor a comment."""
    return any(written.strip() for written in cells) and not cells[0].lstrip().startswith("#")
