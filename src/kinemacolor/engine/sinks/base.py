"""The interface of a sink, and the loop that pours answers into sinks."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from types import TracebackType
from typing import Protocol, runtime_checkable

from kinemacolor.engine.answers import AnsweredFrame, AnsweredShot
from kinemacolor.frames import Frame
from kinemacolor.models.base import Confidence


class Sink:
    """Sees shots and frames in order. A context manager: left normally, the film is complete.

    By default nothing is done; a sink overrides what it needs.
    """

    def begin(self, shot: AnsweredShot) -> None:
        """A shot begins; its frames have not been read."""

    def take(self, answered: AnsweredFrame) -> None:
        """One frame of the shot."""

    def end(self, shot: AnsweredShot) -> None:
        """The shot is complete, and so are its notes."""

    def __enter__(self) -> "Sink":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""


@runtime_checkable
class PictureSink(Protocol):
    """Sees each frame before and after it is colored, and the model's confidence in it."""

    def add(self, source: Frame, colored: Frame, confidence: Confidence | None = None) -> None:
        """Takes note of one frame."""
        ...


def pour(shots: Generator[AnsweredShot, None, None], sinks: Sequence[Sink]) -> None:
    """Reads all answers and hands them to every sink, in order.

    This is the loop in which a film is colored: reading an answer is what makes the model compute it. Where a sink
    fails, ``shots`` is closed at once and every sink is left with the error, so that nothing stays half done.
    """
    with ExitStack() as stack:
        for sink in sinks:
            stack.enter_context(sink)
        for shot in stack.enter_context(closing(shots)):
            for sink in sinks:
                sink.begin(shot)
            for answered in shot.frames:
                for sink in sinks:
                    sink.take(answered)
            for sink in sinks:
                sink.end(shot)
