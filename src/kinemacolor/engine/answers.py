"""The chroma of every frame of a planned film: from its track where that has it, else from the model."""

import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest

import torch

from kinemacolor.engine.pipeline import WriteBehind
from kinemacolor.engine.plan import Plan, PlannedShot
from kinemacolor.engine.shot import colorize_shot
from kinemacolor.engine.track import ChromaTrack, as_stored
from kinemacolor.engine.track.chunk import ChunkNotes, ChunkWriter
from kinemacolor.errors import TrackError
from kinemacolor.frames import Chroma, Frame, ObjectMasks, ObjectsFrom, Shot
from kinemacolor.models.base import Colorizer, Confidence

_CHUNK_FRAMES_WAITING = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """A frame, its chroma at the working size, and how sure the model was of it, where it says."""

    frame: Frame
    chroma: Chroma
    confidence: Confidence | None


@dataclass(frozen=True, slots=True)
class ShotOutcome:
    """What became of a shot. ``reused``: its colours came from the track and nothing was computed."""

    planned: PlannedShot
    reused: bool
    notes: ChunkNotes


def kept_answers(track: ChromaTrack, shot: Shot, key: str, frames: Iterator[Frame]) -> Iterator[Answer]:
    """A shot's answers as the track has them. Raises ``TrackError`` where it is damaged."""
    for frame, answer in zip_longest(frames, track.read(shot, key)):
        if frame is None or answer is None:
            raise TrackError(
                f"The track of the shot at frame {shot.start} has not as many frames as the film there. "
                f"Delete {track.path} and colour the film again."
            )
        yield Answer(frame, *answer)


class Answers:
    """Goes through a plan once; ``outcomes`` tells of the shots done so far.

    ``objects`` are the film's object masks, if it has any. Chroma is always as a track would give it back, so output
    is the same whether a track is kept or not, and whichever of its shots were there already.
    """

    def __init__(
        self,
        plan: Plan,
        colorizer: Colorizer,
        size: tuple[int, int],
        track: ChromaTrack | None,
        objects: ObjectMasks | None = None,
    ) -> None:
        self.outcomes: list[ShotOutcome] = []
        self._plan, self._colorizer, self._size, self._track = plan, colorizer, size, track
        self._objects = objects

    def of(self, frames: Iterable[Frame]) -> Generator[Answer, None, None]:
        """The answers for the film's frames, in order."""
        left = iter(frames)
        for planned in self._plan.shots:
            shot_frames = islice(left, len(planned.shot))
            notes = self._track.notes(planned.shot, planned.key) if self._track is not None else None
            if self._track is not None and notes is not None:
                yield from kept_answers(self._track, planned.shot, planned.key, shot_frames)
                self.outcomes.append(ShotOutcome(planned, True, notes))
            else:
                yield from self._made(planned, shot_frames)

    def _made(self, planned: PlannedShot, frames: Iterator[Frame]) -> Iterator[Answer]:
        chunk = self._track.writer(planned.shot, planned.key) if self._track is not None else None
        notes = chunk.notes if chunk is not None else ChunkNotes()
        began = time.perf_counter()
        try:
            yield from self._stored(self._computed(planned, frames, notes), chunk, notes)
            notes.seconds = round(time.perf_counter() - began, 3)
            if chunk is not None:
                chunk.commit()
        except BaseException:
            if chunk is not None:
                chunk.abandon()
            raise
        self.outcomes.append(ShotOutcome(planned, False, notes))

    def _computed(self, planned: PlannedShot, frames: Iterator[Frame], notes: ChunkNotes) -> Iterator[Answer]:
        objects = None if self._objects is None else ObjectsFrom(self._objects, planned.shot.start)
        for frame, answer in colorize_shot(frames, planned.references(), self._colorizer, self._size, objects):
            finite, broken = _numbers_only(answer.chroma)
            notes.damaged += broken
            yield Answer(frame, as_stored(finite), answer.confidence)

    def _stored(self, answers: Iterator[Answer], chunk: ChunkWriter | None, notes: ChunkNotes) -> Iterator[Answer]:
        """The answers, on their way into the chunk."""
        if chunk is None:
            for answer in answers:
                notes.frames += 1
                if answer.confidence is not None:
                    notes.confidence.append(round(float(answer.confidence.float().mean()), 4))
                yield answer
            return

        def write(answer: Answer) -> None:
            chunk.add(answer.chroma, answer.confidence)

        with WriteBehind(write, _CHUNK_FRAMES_WAITING) as sink:
            for answer in answers:
                sink.put(answer)
                yield answer


def _numbers_only(chroma: Chroma) -> tuple[Chroma, bool]:
    """The chroma, neutral where the model gave NaN or infinity; and whether it did."""
    finite = torch.isfinite(chroma)
    return (chroma, False) if bool(finite.all()) else (torch.where(finite, chroma, 0), True)
