"""The heart: the frames of one shot, in colour."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from kinemacolor import color
from kinemacolor.frames import Chroma, Frame, Luma
from kinemacolor.models.base import Colorizer, Confidence, ConfidentColorizer, Reference
from kinemacolor.resize import resize


def luma_of(frame: Frame) -> Luma:
    """L* of a frame at its full size."""
    if frame.planes is not None:
        return color.luma_of(frame.planes)
    assert frame.rgb is not None
    return color.split(frame.rgb)[0]


def colorize_shot(
    frames: Iterable[Frame], references: Sequence[Reference], colorizer: Colorizer, size: tuple[int, int]
) -> Iterator[tuple[Frame, Chroma]]:
    """Each frame with its chroma at the working ``size``; frames the model has not answered yet are held back."""
    waiting: deque[Frame] = deque()
    for chroma in colorizer.colorize(_lumas(frames, size, waiting), references):
        yield waiting.popleft(), chroma


def colorize_shot_with_confidence(
    frames: Iterable[Frame], references: Sequence[Reference], colorizer: Colorizer, size: tuple[int, int]
) -> Iterator[tuple[Frame, Chroma, Confidence | None]]:
    """As ``colorize_shot``, and how sure the model is of each frame's colours; None from one that does not say."""
    waiting: deque[Frame] = deque()
    lumas = _lumas(frames, size, waiting)
    if isinstance(colorizer, ConfidentColorizer):
        for chroma, confidence in colorizer.colorize_with_confidence(lumas, references):
            yield waiting.popleft(), chroma, confidence
    else:
        for chroma in colorizer.colorize(lumas, references):
            yield waiting.popleft(), chroma, None


def _lumas(frames: Iterable[Frame], size: tuple[int, int], waiting: deque[Frame]) -> Iterator[Luma]:
    for frame in frames:
        waiting.append(frame)
        yield resize(luma_of(frame), size)
