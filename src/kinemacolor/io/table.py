"""Tables that people write: CSV in UTF-8, its columns named in the first line, as spreadsheets save it."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


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

    Raises ``OSError`` or ``UnicodeDecodeError`` where the file cannot be read.
    """
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    head = next((line for line in lines if _counts([line])), "")
    reader = csv.reader(lines, delimiter=";" if ";" in head and "," not in head else ",")
    columns: tuple[str, ...] = ()
    first, rows = 1, []
    for cells in reader:
        if not _counts(cells):
            continue
        if columns:
            padded = [*cells, *[""] * (len(columns) - len(cells))]
            rows.append(Row(reader.line_num, dict(zip(columns, (cell.strip() for cell in padded)))))
        else:
            columns, first = tuple(cell.strip().lower() for cell in cells), reader.line_num
    return Table(columns, first, tuple(rows))


def _counts(cells: list[str]) -> bool:
    """Whether a line is neither empty nor a comment."""
    return any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#")
