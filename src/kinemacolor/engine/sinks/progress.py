"""How far a run has come."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from kinemacolor.engine.answers import AnsweredFrame
from kinemacolor.engine.sinks.base import Sink


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come. ``frames_total`` is None where the film does not say."""

    frames_done: int
    frames_total: int | None
    seconds: float


class ProgressSink(Sink):
    """Counts the frames that are done (``done``) and tells ``listener`` after each."""

    def __init__(self, frames_total: int | None, listener: Callable[[Progress], None] | None = None) -> None:
        self.done = 0
        self._total, self._listener = frames_total, listener
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since this began."""
        return time.perf_counter() - self._began

    def take(self, answered: AnsweredFrame) -> None:
        """One more frame is done."""
        self.done += 1
        if self._listener is not None:
            self._listener(Progress(self.done, self._total, self.seconds))
