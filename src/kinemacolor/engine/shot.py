"""The heart: the frames of one shot, in color."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from kinemacolor import color
from kinemacolor.frames import Frame, Luma, Matrix, ObjectMasks
from kinemacolor.models.base import Answer, Colorizer, Reference
from kinemacolor.resize import resize


def luma_of(frame: Frame, *, matrix: Matrix = "bt709") -> Luma:
    """L* of the gray with a frame's Y', at its full size: all that a model sees, of a frame in color too.

    ``matrix`` ties the Y' of an RGB frame to its colors; planes have their own.
    """
    if frame.planes is not None:
        return color.luma_of(frame.planes)
    assert frame.rgb is not None
    return color.luma_of_gray(color.gray_of_rgb(frame.rgb, matrix))


def colorize_shot(
    frames: Iterable[Frame],
    references: Sequence[Reference],
    colorizer: Colorizer,
    size: tuple[int, int],
    *,
    objects: ObjectMasks | None = None,
    luma: Callable[[Frame], Luma] = luma_of,
) -> Iterator[tuple[Frame, Answer]]:
    """Each frame with its answer at the working ``size``; frames the model has not answered yet are held back.

    ``objects`` are the shot's object masks, counted from its first frame. ``luma`` says what the model sees of a
    frame.
    """
    return with_answers(frames, lambda lumas: colorizer.colorize(lumas, references, objects), size, luma=luma)


def with_answers(
    frames: Iterable[Frame],
    color: Callable[[Iterator[Luma]], Iterator[Answer]],
    size: tuple[int, int],
    *,
    luma: Callable[[Frame], Luma] = luma_of,
) -> Iterator[tuple[Frame, Answer]]:
    """Each frame with what ``color`` answers to its luma at the working ``size``."""
    waiting: deque[Frame] = deque()

    def lumas() -> Iterator[Luma]:
        for frame in frames:
            waiting.append(frame)
            yield resize(luma(frame), size)

    for answer in color(lumas()):
        yield waiting.popleft(), answer
