"""The outcome of each shot, and warnings on the film's frames."""

from dataclasses import dataclass

from kinemacolor.engine.answers import AnsweredFrame, AnsweredShot
from kinemacolor.engine.plan import PlannedShot
from kinemacolor.engine.sinks.base import Sink
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.io import has_visible_color


@dataclass(frozen=True, slots=True)
class ShotOutcome:
    """The outcome of a shot. ``reused``: its colors came from the track and nothing was computed."""

    planned: PlannedShot
    reused: bool
    notes: ChunkNotes


class Summary(Sink):
    """Collects the ``outcomes`` of the shots that are complete, and ``warnings`` on the film's frames."""

    def __init__(self, source: str) -> None:
        self.outcomes: list[ShotOutcome] = []
        self._source = source
        self._frames = self._colored = 0
        self._first_colored: int | None = None

    def take(self, answered: AnsweredFrame) -> None:
        """Looks whether the film is in color already, wherever that begins."""
        planes = answered.frame.planes
        self._frames += 1
        if planes is not None and has_visible_color(planes):
            self._colored += 1
            if self._first_colored is None:
                self._first_colored = answered.frame.index

    @property
    def warnings(self) -> list[str]:
        """Where the film is in color."""
        if self._first_colored is None:
            return []
        is_all = self._colored == self._frames
        where = (
            "" if is_all else f" in {self._colored} of {self._frames} frames, first in frame {self._first_colored}"
        )
        return [f"{self._source} is in color or tinted already{where}. Only its luma is used."]

    def end(self, shot: AnsweredShot) -> None:
        """Keeps the shot's outcome."""
        self.outcomes.append(ShotOutcome(shot.planned, shot.reused, shot.notes))

    @property
    def damaged_frames(self) -> int:
        """Frames for which the model gave NaN or infinity somewhere."""
        return sum(outcome.notes.damaged for outcome in self.outcomes)
