"""The interfaces of readers and writers: all that the engine asks of a film, a folder of pictures or a pipe."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, runtime_checkable

from kinemacolor.frames import Frame, Matrix
from kinemacolor.io.info import FilmInfo


@dataclass(frozen=True, slots=True)
class OutputLayout:
    """The planes a writer wants: it converts depth and range itself, sampling and siting must be as said here.

    ``subsampling`` is (rows, columns) in luma pixels per chroma sample. ``left_sited``: chroma samples lie on even
    luma columns (MPEG-2, H.264), else between them (JPEG).
    """

    pixel_format: str
    bits: int
    full_range: bool
    matrix: Matrix
    subsampling: tuple[int, int]
    left_sited: bool


@runtime_checkable
class FrameReader(Protocol):
    """Frames in order, each with its number in the source and its exact time. A context manager."""

    info: FilmInfo
    warnings: list[str]
    start: int
    stop: int | None

    def __iter__(self) -> Iterator[Frame]:
        """The frames from ``start`` to before ``stop``."""
        ...

    def __enter__(self) -> "FrameReader": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@runtime_checkable
class FrameWriter(Protocol):
    """Takes frames in order. The output appears under its name on leaving normally, and never on an exception."""

    layout: OutputLayout
    warnings: list[str]

    @property
    def partial(self) -> Path | None:
        """Where the unfinished output lies, to be removed should the process be killed; None on a pipe."""
        ...

    def write(self, frame: Frame) -> None:
        """Writes one frame whose planes are in ``layout``."""
        ...

    def __enter__(self) -> "FrameWriter": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
