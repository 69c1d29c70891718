"""The film in color: each frame composed with its own luma and written, on a thread of its own."""

from collections.abc import Sequence
from types import TracebackType

from kinemacolor.engine.answers import AnsweredFrame
from kinemacolor.engine.compose import in_color
from kinemacolor.engine.pipeline import WriteBehind
from kinemacolor.engine.sinks.base import PictureSink, Sink
from kinemacolor.io import FrameWriter

_FRAMES_WAITING = 4


class FilmSink(Sink):
    """Writes all frames. ``saturation`` multiplies their chroma. ``pictures`` see each frame as it is written.

    The writer is opened and closed by who made it.
    """

    def __init__(self, writer: FrameWriter, *, pictures: Sequence[PictureSink] = (), saturation: float = 1.0) -> None:
        self._writer, self._pictures, self._saturation = writer, pictures, saturation
        self._behind = WriteBehind(self._write, _FRAMES_WAITING)

    def take(self, answered: AnsweredFrame) -> None:
        """Hands the frame over to be composed and written."""
        self._behind.put(answered)

    def _write(self, answered: AnsweredFrame) -> None:
        frame, chroma = answered.frame, answered.answer.chroma
        if self._saturation != 1.0:
            chroma = chroma * self._saturation
        colored = in_color(frame, chroma, self._writer.layout)
        self._writer.write(colored)
        for picture in self._pictures:
            picture.add(frame, colored, answered.answer.confidence)

    def __enter__(self) -> "FilmSink":
        self._behind.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Waits for what has been handed over; drops it where there is an error."""
        self._behind.__exit__(kind, error, trace)
