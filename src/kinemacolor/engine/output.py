"""Answers to a film: each frame composed with its own luma and written, on a thread of its own."""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Protocol, runtime_checkable

from kinemacolor.engine.answers import Answer
from kinemacolor.engine.compose import in_color
from kinemacolor.engine.pipeline import WriteBehind
from kinemacolor.frames import Frame
from kinemacolor.io import FrameWriter
from kinemacolor.models.base import Confidence

_FRAMES_WAITING = 4


@runtime_checkable
class Watcher(Protocol):
    """Sees each frame before and after, and how sure the model was of it."""

    def add(self, source: Frame, colored: Frame, confidence: Confidence | None = None) -> None:
        """Takes note of one frame."""
        ...


def write_answers(
    answers: Generator[Answer, None, None],
    writer: FrameWriter,
    *,
    saturation: float = 1.0,
    watchers: Sequence[Watcher] = (),
    after: Callable[[Frame], None],
) -> None:
    """Writes all frames. ``saturation`` multiplies their chroma; ``after`` is called as each is handed over."""

    def write(answer: Answer) -> None:
        frame = answer.frame
        assert frame.planes is not None
        chroma = answer.chroma if saturation == 1.0 else answer.chroma * saturation
        colored = Frame(
            planes=in_color(frame.planes, chroma, writer.layout), index=frame.index, seconds=frame.seconds
        )
        writer.write(colored)
        for watcher in watchers:
            watcher.add(frame, colored, answer.confidence)

    # closed at once where writing fails, so that the shot at work leaves nothing half done
    with closing(answers), WriteBehind(write, _FRAMES_WAITING) as sink:
        for answer in answers:
            sink.put(answer)
            after(answer.frame)
