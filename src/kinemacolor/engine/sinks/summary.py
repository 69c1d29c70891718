"""The outcome of each shot, and warnings on the film's frames."""

from dataclasses import dataclass

from kinemacolor.engine.analysis.sightings import Sightings
from kinemacolor.engine.answers import AnsweredFrame, AnsweredShot
from kinemacolor.engine.plan import PlannedShot
from kinemacolor.engine.sinks.base import Sink
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.io import FilmInfo


@dataclass(frozen=True, slots=True)
class ShotOutcome:
    """The outcome of a shot. ``reused``: its colors came from the track and nothing was computed."""

    planned: PlannedShot
    reused: bool
    notes: ChunkNotes


class Summary(Sink):
    """Collects the ``outcomes`` of the shots that are complete, and ``warnings`` on the film's frames."""

    def __init__(self, info: FilmInfo) -> None:
        self.outcomes: list[ShotOutcome] = []
        self._sightings = Sightings(info)

    def take(self, answered: AnsweredFrame) -> None:
        """Looks at the frame as it was in the film."""
        self._sightings.add(answered.frame)

    @property
    def warnings(self) -> list[str]:
        """What its frames show of the film."""
        return list(self._sightings.lines())

    def end(self, shot: AnsweredShot) -> None:
        """Keeps the shot's outcome."""
        self.outcomes.append(ShotOutcome(shot.planned, shot.reused, shot.notes))

    @property
    def damaged_frames(self) -> int:
        """Frames for which the model gave NaN or infinity somewhere."""
        return sum(outcome.notes.damaged for outcome in self.outcomes)
