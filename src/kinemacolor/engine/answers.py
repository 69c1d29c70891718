"""The answers for every frame of a planned film, shot by shot: from its track, or else the model."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest

import torch

from kinemacolor.engine.plan import Plan, PlannedShot
from kinemacolor.engine.shot import colorize_shot, luma_of
from kinemacolor.engine.track import ChromaTrack, as_stored
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.errors import TrackError
from kinemacolor.frames import Chroma, Frame, Luma, ObjectMasks, ObjectsFrom
from kinemacolor.models.base import Answer, Colorizer


@dataclass(frozen=True, slots=True)
class AnsweredFrame:
    """A frame, and the model's answer for it at the working size."""

    frame: Frame
    answer: Answer


@dataclass(frozen=True, slots=True)
class AnsweredShot:
    """A shot and its answers, to be read once. ``notes`` are complete when all have been read.

    ``reused``: the colors come from the track and nothing is computed.
    """

    planned: PlannedShot
    reused: bool
    notes: ChunkNotes
    frames: Iterator[AnsweredFrame]


class Answers:
    """Goes through a plan once.

    ``objects`` are the film's object masks, if it has any. Chroma is always as a track would give it back, so output
    is the same whether a track is kept or not, and whichever of its shots were there already. ``luma`` says what the
    model sees of a frame.
    """

    def __init__(
        self,
        plan: Plan,
        colorizer: Colorizer,
        size: tuple[int, int],
        *,
        track: ChromaTrack | None = None,
        objects: ObjectMasks | None = None,
        luma: Callable[[Frame], Luma] = luma_of,
    ) -> None:
        self._plan, self._colorizer, self._size = plan, colorizer, size
        self._track, self._objects, self._luma = track, objects, luma

    def shots(self, frames: Iterable[Frame]) -> Generator[AnsweredShot, None, None]:
        """The shots of the plan in order; each is to be read to its end before the next is asked for."""
        left = iter(frames)
        for planned in self._plan.shots:
            own = islice(left, len(planned.shot))
            notes = self._track.notes(planned.shot, planned.key) if self._track is not None else None
            if self._track is not None and notes is not None:
                yield AnsweredShot(planned, True, notes, kept_answers(self._track, planned, own))
            else:
                notes = ChunkNotes()
                yield AnsweredShot(planned, False, notes, self._computed(planned, own, notes))

    def _computed(self, planned: PlannedShot, frames: Iterator[Frame], notes: ChunkNotes) -> Iterator[AnsweredFrame]:
        began = time.perf_counter()
        objects = None if self._objects is None else ObjectsFrom(self._objects, planned.shot.start)
        made = colorize_shot(
            frames, planned.references(), self._colorizer, self._size, objects=objects, luma=self._luma
        )
        for frame, answer in made:
            finite, broken = _finite(answer.chroma)
            notes.frames += 1
            notes.damaged += broken
            if answer.confidence is not None:
                notes.confidence.append(round(float(answer.confidence.float().mean()), 4))
            yield AnsweredFrame(frame, replace(answer, chroma=as_stored(finite)))
        notes.seconds = round(time.perf_counter() - began, 3)


def kept_shots(
    track: ChromaTrack, shots: Sequence[PlannedShot], frames: Iterable[Frame]
) -> Generator[AnsweredShot, None, None]:
    """Shots that are all in a track, without any model. Raises ``TrackError`` where one is damaged or missing."""
    left = iter(frames)
    for planned in shots:
        notes = track.notes(planned.shot, planned.key) or ChunkNotes()
        yield AnsweredShot(planned, True, notes, kept_answers(track, planned, islice(left, len(planned.shot))))


def kept_answers(track: ChromaTrack, planned: PlannedShot, frames: Iterator[Frame]) -> Iterator[AnsweredFrame]:
    """A shot's answers as the track has them. Raises ``TrackError`` where it is damaged."""
    for frame, answer in zip_longest(frames, track.read(planned.shot, planned.key)):
        if frame is None or answer is None:
            raise TrackError(
                f"The track of the shot at frame {planned.shot.start} has not as many frames as the film there. "
                f"Delete {track.path} and color the film again."
            )
        yield AnsweredFrame(frame, answer)


def _finite(chroma: Chroma) -> tuple[Chroma, bool]:
    """The chroma, neutral where it is NaN or infinite; and whether it was anywhere."""
    finite = torch.isfinite(chroma)
    return (chroma, False) if bool(finite.all()) else (torch.where(finite, chroma, 0), True)
