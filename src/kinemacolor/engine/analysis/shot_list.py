"""The shot list: a CSV that a person edits. A shot is a line; delete a line to merge, add one to split.

::

    start,time,frames,exemplars
    0,00:00:00.000,34,
    34,00:00:01.360,100,ref_000034.jpg|portrait.png

Only ``start`` (a frame from 0, or a time) and ``exemplars`` (names of stills to color the shot from, besides those
that it gets anyway) are read back. A shot ends where the next begins.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

from kinemacolor.engine.analysis.cuts import CutFinder, gray_of, shots_between
from kinemacolor.errors import OutputError, OutputExistsError, ShotListError, reason_of
from kinemacolor.frames import Frame, Shot
from kinemacolor.io import open_reader
from kinemacolor.io.destination import spare_inputs, write_file
from kinemacolor.io.position import FrameAt, parse_position
from kinemacolor.io.sequence import is_sequence, pictures_of
from kinemacolor.io.table import Row, cell, read_table

_COLUMNS = ("start", "time", "frames", "exemplars")
_BETWEEN_NAMES = "|"


@dataclass(frozen=True, slots=True)
class ListedShot:
    """A shot, and the names of the stills that a person has given to it."""

    shot: Shot
    pinned: tuple[str, ...] = ()


def list_shots(
    source: str | Path,
    output: str | Path,
    *,
    method: Literal["content", "transnet"] = "content",
    frame_rate: str | Fraction | None = None,
    overwrite: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> list[ListedShot]:
    """Finds a film's shots and writes them as a list.

    ``method`` ``"transnet"`` finds dissolves too and needs the ``shots`` extra. ``progress`` is told frames seen, and
    frames in all where known. Raises ``InputError``, ``SettingError``, or ``OutputError`` before any work.
    """
    path = Path(output)
    if path.exists() and not overwrite:
        raise OutputExistsError(f"{path} exists already. Give another name, or --overwrite to replace it.")
    if not path.parent.is_dir():
        raise OutputError(f"There is no folder {path.parent} to write {path.name} to. Make it first.")
    spare_inputs([path], [Path(source), *_pictures(source)])
    with open_reader(source, frame_rate=frame_rate) as reader:
        counted = _Counted(reader, lambda seen: progress(seen, reader.info.frames) if progress else None)
        cuts = _cuts_by(method, counted)
        listed = [ListedShot(shot) for shot in shots_between(cuts, 0, counted.seen)]
        write_shots(path, listed, reader.info.frame_rate)
    return listed


def _pictures(source: str | Path) -> list[Path]:
    return pictures_of(Path(source))[0] if is_sequence(Path(source)) else []


class _Counted:
    """Frames, counted as they go by."""

    def __init__(self, frames: Iterable[Frame], note: Callable[[int], None]) -> None:
        self.seen = 0
        self._frames, self._note = frames, note

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._frames:
            self.seen += 1
            self._note(self.seen)
            yield frame


def _cuts_by(method: Literal["content", "transnet"], frames: Iterable[Frame]) -> list[int]:
    if method == "transnet":
        from kinemacolor.engine.analysis.dissolves import learned_cuts

        return learned_cuts(frames)
    finder = CutFinder()
    for frame in frames:
        finder.add(gray_of(frame))
    return finder.finish()


def write_shots(path: Path, shots: Sequence[ListedShot], frame_rate: Fraction | None) -> None:
    """Writes a shot list. Raises ``OutputError`` where the file cannot be written."""
    try:
        text = io.StringIO(newline="")
        lines = csv.writer(text)
        lines.writerow(_COLUMNS)
        for listed in shots:
            start = listed.shot.start
            time = clock(start / frame_rate) if frame_rate else ""
            lines.writerow(map(cell, (start, time, len(listed.shot), _BETWEEN_NAMES.join(listed.pinned))))
        write_file(path, text.getvalue().encode())
    except OSError as error:
        raise OutputError(f"{path} cannot be written ({reason_of(error)}). Choose another folder or name.") from error


def clock(seconds: Fraction | float) -> str:
    """A time as ``00:01:02.500``."""
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def read_shots(
    path: Path, frame_at: FrameAt, *, frames: int, frame_name: Callable[[int], str] = str
) -> list[ListedShot]:
    """The shots of a list for a film of ``frames`` frames, whose ``frame_at`` says which frame a time means.

    ``frame_name`` gives the number of a frame for messages.

    Raises ``ShotListError``, which names the line, where a start is no place in the film or not after the one before,
    where the first shot is not the film's first, or where there is no shot at all.
    """
    starts: list[int] = []
    pinned: list[tuple[str, ...]] = []
    for row in _rows(path):
        where = f"{path}, line {row.line}"
        start = _start(row.cells["start"], frame_at, where)
        if not starts and start != 0:
            raise ShotListError(
                f"{where}: the first shot begins at frame {frame_name(start)}, so those before it belong to none. "
                "Write 0."
            )
        if starts and start <= starts[-1]:
            raise ShotListError(
                f"{where}: this shot begins at frame {frame_name(start)}, and the one before it at "
                f"{frame_name(starts[-1])}. "
                "Put the lines in order, each start once."
            )
        if start >= frames:
            raise ShotListError(
                f"{where}: this shot begins at frame {frame_name(start)}, and the film's last frame is "
                f"{frame_name(frames - 1)}. "
                "Delete the line or correct its start."
            )
        starts.append(start)
        names = (name.strip() for name in row.cells.get("exemplars", "").split(_BETWEEN_NAMES))
        pinned.append(tuple(name for name in names if name))
    if not starts:
        raise ShotListError(f"{path} lists no shot. Begin it with a line of column names and one shot at frame 0.")
    stops = [*starts[1:], frames]
    return [ListedShot(Shot(a, b), names) for a, b, names in zip(starts, stops, pinned)]


def _rows(path: Path) -> tuple[Row, ...]:
    try:
        table = read_table(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ShotListError(
            f"{path} cannot be read as a shot list ({reason_of(error)}). Give a CSV file in UTF-8."
        ) from error
    if table.columns and "start" not in table.columns:
        raise ShotListError(
            f"{path}, line {table.line}: there is no column 'start'. Let the first line be {','.join(_COLUMNS)}."
        )
    return table.rows


def _start(text: str, frame_at: FrameAt, where: str) -> int:
    position = parse_position(text)
    if position is None:
        raise ShotListError(f"{where}: '{text}' is no frame and no time. Write a frame number (123) or 00:01:02.5.")
    return frame_at(position)
