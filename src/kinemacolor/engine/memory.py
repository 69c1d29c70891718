"""What is done where memory does not suffice: less is held, step by step, and each step is said. No color is lost.

The steps: frames are no longer prepared ahead, exemplars leave the device, parts that are compared get smaller
(``models.sparing``); then, only where the user allows it, the working size. They are the same for the memory of a GPU
and for that of the computer.
"""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

import torch

from kinemacolor.engine.exemplars.applied import WithExemplars
from kinemacolor.frames import Frame, Shot
from kinemacolor.models.base import Colorizer
from kinemacolor.models.host_memory import give_back_unused
from kinemacolor.models.sparing import lighter

SMALLEST_PX = 96
"""No working size below it is tried."""

_SMALLER = 0.75

Again = Callable[[Shot], AbstractContextManager[Iterable[Frame]]]
"""Opens the film anew at a part of it."""


class Taken(Iterator[Frame]):
    """Frames, with how many have been taken, and whether it is them that failed."""

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = iter(frames)
        self.count, self.failed = 0, False

    def __next__(self) -> Frame:
        try:
            frame = next(self._frames)
        except StopIteration:
            raise
        except BaseException:
            self.failed = True
            raise
        self.count += 1
        return frame


def spared(model: Colorizer) -> tuple[Colorizer, str] | None:
    """The model with one thing less in memory, and what that is; None where nothing is left to save."""
    if not isinstance(model, WithExemplars):
        return lighter(model)
    found = lighter(model.model)
    return None if found is None else (WithExemplars(found[0], bidirectional=model.bidirectional), found[1])


def release() -> None:
    """Gives back what is no longer used, the GPU's memory too."""
    gc.collect()
    give_back_unused()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def smaller_size(size: tuple[int, int]) -> int | None:
    """The next smaller working size, as a short side in pixels; None where that would be too small."""
    smaller = int(min(size) * _SMALLER)
    return smaller if smaller >= SMALLEST_PX else None
