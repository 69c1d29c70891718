"""Every frame's figures as a CSV file, written as they come."""

import csv
import math
from collections.abc import Sequence
from types import TracebackType
from typing import TextIO

from kinemacolor.evaluation.score import FrameScore
from kinemacolor.io.table import cell


class FramesCsv:
    """One line a row, clip and frame; a figure that a frame does not have is empty. A context manager.

    It writes to ``file`` and closes it.
    """

    def __init__(self, file: TextIO, figures: Sequence[str]) -> None:
        self._figures, self._file = figures, file
        self._lines = csv.writer(self._file, lineterminator="\n")
        self._lines.writerow(["row", "clip", "frame", *figures])

    def add(self, frame: FrameScore) -> None:
        """Writes one frame."""
        values = [frame.figures.get(name, math.nan) for name in self._figures]
        cells = ["" if math.isnan(value) else f"{value:.6g}" for value in values]
        self._lines.writerow([cell(frame.row), cell(frame.clip), frame.index, *cells])

    def __enter__(self) -> "FramesCsv":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
