"""A film at another frame rate: frames as they are, each shown for as long as the user says.

Transfers of silent film were often made at 24 or 25 frames a second of what was shot at 16 or 18. What lies beside
the picture goes by the same change of pace (chapters, subtitles) or cannot (sound, which would need another pitch).
"""

from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType

from kinemacolor.frames import Frame
from kinemacolor.io.base import FrameReader
from kinemacolor.io.info import FilmInfo


class Retimed:
    """A reader whose frames have times by a rate, counted from the film's first frame."""

    def __init__(self, reader: FrameReader, info: FilmInfo) -> None:
        self._reader, self.info = reader, info
        self.start, self.stop = reader.start, reader.stop
        self.warnings, self.notes = reader.warnings, reader.notes

    def __iter__(self) -> Iterator[Frame]:
        """The frames at their new times."""
        for frame in self._reader:
            yield replace(frame, seconds=frame.index * self.info.time_base)

    def __enter__(self) -> "Retimed":
        self._reader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._reader.__exit__(kind, error, trace)
