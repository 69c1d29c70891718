"""A reader around another: opened and closed with it, over the same frames."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType

from kinemacolor.frames import Frame
from kinemacolor.io.base import FrameReader
from kinemacolor.io.info import FilmInfo


class WrappedReader(ABC):
    """A ``FrameReader`` that gives the frames of ``reader`` otherwise, as ``info`` says."""

    def __init__(self, reader: FrameReader, info: FilmInfo) -> None:
        self._reader, self.info = reader, info
        self.start, self.stop = reader.start, reader.stop
        self.warnings, self.notes = reader.warnings, reader.notes

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """The frames, from ``start`` to before ``stop``."""

    def __enter__(self) -> "WrappedReader":
        self._reader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.__exit__(kind, error, trace)
