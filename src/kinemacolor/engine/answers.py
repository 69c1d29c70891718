"""The answers for every frame of a planned film, shot by shot: from its track, or else the model."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from threading import Event

import torch
from torch import Tensor

from kinemacolor.engine.memory import Again, Taken, release, spared
from kinemacolor.engine.plan import Plan, PlannedShot
from kinemacolor.engine.shot import colorize_shot, luma_of
from kinemacolor.engine.track import ChromaTrack, as_stored
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.engine.track.seal import BrokenSealError
from kinemacolor.errors import TrackError, is_out_of_memory
from kinemacolor.frames import Frame, Luma, ObjectMasks, ObjectsFrom, Shot
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
    model sees of a frame. ``again`` opens the film anew at a part of it: where memory does not suffice, a shot begins
    again with less in memory. ``warnings`` has a line for each shot of the track that was damaged and is computed
    again, and for what was reduced; ``sparing`` is set from then on.
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
        again: Again | None = None,
    ) -> None:
        self._plan, self._colorizer, self._size = plan, colorizer, size
        self._track, self._objects, self._luma, self._again = track, objects, luma, again
        self.warnings: list[str] = []
        self.sparing = Event()

    def shots(self, frames: Iterable[Frame]) -> Generator[AnsweredShot, None, None]:
        """The shots of the plan in order; each is to be read to its end before the next is asked for."""
        left = iter(frames)
        for planned in self._plan.shots:
            own = islice(left, len(planned.shot))
            notes = self._kept(planned)
            if self._track is not None and notes is not None:
                yield AnsweredShot(planned, True, notes, kept_answers(self._track, planned, own))
            else:
                notes = ChunkNotes()
                yield AnsweredShot(planned, False, notes, self._computed(planned, own, notes))

    def _kept(self, planned: PlannedShot) -> ChunkNotes | None:
        """The notes of a shot that the track has, every byte as it was written; None for one to be computed."""
        if self._track is None:
            return None
        try:
            return self._track.verified(planned.shot, planned.key)
        except BrokenSealError as error:
            self.warnings.append(
                f"What the track {self._track.path} has of the shot at frame {planned.shot.start} is damaged "
                f"({error}). The shot is computed again."
            )
            return None

    def _computed(self, planned: PlannedShot, frames: Iterator[Frame], notes: ChunkNotes) -> Iterator[AnsweredFrame]:
        began = time.perf_counter()
        for frame, answer in self._made(planned, Taken(frames)):
            chroma, broken = _finite(answer.chroma)
            confidence = answer.confidence
            if confidence is not None:
                confidence, unsure = _finite(confidence)  # not knowing is no confidence
                broken = broken or unsure
                mean = float(confidence.float().mean().clamp(0, 1))
                notes.confidence.append(round(mean, 4))
            notes.frames += 1
            notes.damaged += broken
            yield AnsweredFrame(frame, Answer(as_stored(chroma), confidence))
        notes.seconds = round(time.perf_counter() - began, 3)

    def _made(self, planned: PlannedShot, frames: Taken) -> Iterator[tuple[Frame, Answer]]:
        """The model's answers; begun again with less in memory where memory does not suffice, and gone on with."""
        done = 0
        while True:
            try:
                for number, each in enumerate(self._asked(planned, frames)):
                    if number >= done:
                        done += 1
                        yield each
                return
            except Exception as error:
                is_short = is_out_of_memory(error) and not frames.failed
                if not (is_short and self._spared(planned.shot.start + done, frames)):
                    raise
            release()  # here the error is gone, and with it all that it held

    def _asked(self, planned: PlannedShot, frames: Taken) -> Iterator[tuple[Frame, Answer]]:
        """The answers from the shot's first frame on; frames that have been taken already come from the film anew."""
        objects = None if self._objects is None else ObjectsFrom(self._objects, planned.shot.start)
        start = planned.shot.start
        with ExitStack() as stack:
            source: Iterable[Frame] = frames
            if frames.count:
                assert self._again is not None
                source = chain(stack.enter_context(self._again(Shot(start, start + frames.count))), frames)
            yield from colorize_shot(
                source, planned.references(), self._colorizer, self._size, objects=objects, luma=self._luma
            )

    def _spared(self, frame: int, frames: Taken) -> bool:
        """Whether less can be held in memory from a frame on; then it is."""
        found = spared(self._colorizer) if self._again is not None or not frames.count else None
        if found is None:
            return False
        self._colorizer, what = found
        self.sparing.set()
        self.warnings.append(
            f"The memory did not suffice at frame {frame}. From there on {what}; the colors are the same."
        )
        return True


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


def _finite(values: Tensor) -> tuple[Tensor, bool]:
    """The values, 0 (neutral, not sure) where they are NaN or infinite; and whether they were anywhere."""
    finite = torch.isfinite(values)
    return (values, False) if bool(finite.all()) else (torch.where(finite, values, 0), True)
