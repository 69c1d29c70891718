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
        self.warnings: list[str] = []
        self._source, self._is_first = source, True

    def take(self, answered: AnsweredFrame) -> None:
        """Looks whether the film is in color already."""
        planes = answered.frame.planes
        if self._is_first and planes is not None and has_visible_color(planes):
            self.warnings.append(f"{self._source} is in color or tinted already. Only its luma is used.")
        self._is_first = False

    def end(self, shot: AnsweredShot) -> None:
        """Keeps the shot's outcome."""
        self.outcomes.append(ShotOutcome(shot.planned, shot.reused, shot.notes))

    @property
    def damaged_frames(self) -> int:
        """Frames for which the model gave NaN or infinity somewhere."""
        return sum(outcome.notes.damaged for outcome in self.outcomes)
