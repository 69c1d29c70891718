"""The answers for every frame of a planned film, shot by shot: from its track, or else the model."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest
from threading import Event

import torch
from torch import Tensor

from kinemacolor.engine.memory import Again, Taken, release, spared
from kinemacolor.engine.plan import Plan, PlannedShot
from kinemacolor.engine.shot import colorize_shot, luma_of
from kinemacolor.engine.spans import Point, SpannedShot
from kinemacolor.engine.track import ChromaTrack, as_stored
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.engine.track.pieces import Begun
from kinemacolor.engine.track.seal import BrokenSealError
from kinemacolor.errors import TrackError, is_out_of_memory
from kinemacolor.frames import Frame, Luma, ObjectMasks, ObjectsFrom, Shot
from kinemacolor.models.base import Answer, Colorizer
from kinemacolor.models.kept import UnfitStateError


@dataclass(frozen=True, slots=True)
class AnsweredFrame:
    """A frame, and the model's answer for it at the working size.

    ``state`` is there where a span of a long shot ends with this frame: the model's state behind it, as bytes.
    """

    frame: Frame
    answer: Answer
    state: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AnsweredShot:
    """A shot and its answers, to be read once. ``notes`` are complete when all have been read.

    ``reused``: the colors come from the track and nothing is computed. ``in_pieces``: the shot is colored in spans.
    ``begun`` is what the track has of it already, whose frames come first.
    """

    planned: PlannedShot
    reused: bool
    notes: ChunkNotes
    frames: Iterator[AnsweredFrame]
    in_pieces: bool = False
    begun: Begun | None = None


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
                continue
            begun, spanned = self._begun(planned)
            notes = ChunkNotes() if begun is None else deepcopy(begun.notes)
            answered = self._computed(planned, own, notes, begun, spanned)
            yield AnsweredShot(planned, False, notes, answered, in_pieces=spanned is not None, begun=begun)

    def _spanned(self, planned: PlannedShot) -> SpannedShot | None:
        """The shot in spans, where there is a track to keep them and none of it depends on object masks."""
        if self._track is None or self._objects is not None:
            return None
        return SpannedShot.of(self._colorizer, planned)

    def _begun(self, planned: PlannedShot) -> tuple[Begun | None, SpannedShot | None]:
        """The finished spans of an incomplete shot, up to the last whose state the model takes; None without any.

        And the shot in spans, where it can be cut, with that state taken up.
        """
        spanned = self._spanned(planned)
        if spanned is None or self._track is None:
            return None, spanned
        faults: list[str] = []
        found: Begun | None = None
        for begun in self._track.begun(planned.shot, planned.key, faults):
            try:
                spanned = self._taken_up(planned, spanned, Point(begun.notes.frames, begun.state))
            except UnfitStateError as error:
                faults.append(f"the state behind frame {begun.notes.frames - 1} of it: {error}")
                continue
            found = begun
            break
        if faults:
            again = "all over" if found is None else f"from its frame {found.notes.frames} on"
            self.warnings.append(
                f"What the track {self._track.path} has of the shot at frame {planned.shot.start}, which is not "
                f"complete, is damaged ({'; '.join(faults)}). The shot is computed again {again}."
            )
        return found, spanned

    def _taken_up(self, planned: PlannedShot, spanned: SpannedShot, point: Point) -> SpannedShot:
        """The shot in spans with the state at a point taken up, with less in memory where that does not suffice."""
        while True:
            try:
                spanned.take_up(point)
                return spanned
            except Exception as error:
                if not (is_out_of_memory(error) and self._spared(planned.shot.start + point.frame)):
                    raise
            spanned = self._spanned(planned) or spanned
            release()

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

    def _computed(
        self,
        planned: PlannedShot,
        frames: Iterator[Frame],
        notes: ChunkNotes,
        begun: Begun | None,
        spanned: SpannedShot | None,
    ) -> Iterator[AnsweredFrame]:
        point, before = Point(), notes.seconds
        if begun is not None and self._track is not None:
            there = self._track.read_begun(planned.shot, planned.key, begun)
            yield from _kept(self._track, planned, islice(frames, notes.frames), there)
            point = Point(notes.frames, begun.state)
        began = time.perf_counter()
        for frame, answer, reached in self._made(planned, Taken(frames), point, spanned):
            chroma, broken = _finite(answer.chroma)
            confidence = answer.confidence
            if confidence is not None:
                confidence, unsure = _finite(confidence)  # not knowing is no confidence
                broken = broken or unsure
                mean = float(confidence.float().mean().clamp(0, 1))
                notes.confidence.append(round(mean, 4))
            notes.frames += 1
            notes.damaged += broken
            notes.seconds = round(before + time.perf_counter() - began, 3)
            yield AnsweredFrame(
                frame, Answer(as_stored(chroma), confidence), None if reached is None else reached.state
            )
        notes.seconds = round(before + time.perf_counter() - began, 3)

    def _made(
        self, planned: PlannedShot, frames: Taken, begins: Point, spanned: SpannedShot | None
    ) -> Iterator[tuple[Frame, Answer, Point | None]]:
        """The model's answers from a point on; begun again with less in memory where memory does not suffice.

        It begins again at the last point that it came to.
        """
        done = begins.frame
        point = begins
        while True:
            if spanned is None:
                point = Point()
            try:
                with self._from_point(planned, frames, begins.frame, point) as source:
                    asked = self._asked(planned, source, point, spanned)
                    for number, (frame, answer, reached) in enumerate(asked, point.frame):
                        if number >= done:
                            done += 1
                            yield frame, answer, reached
                        point = reached or point
                return
            except Exception as error:
                is_short = is_out_of_memory(error) and not frames.failed
                can_go_back = self._again is not None or not frames.count
                if not (is_short and can_go_back and self._spared(planned.shot.start + done)):
                    raise
            spanned = self._spanned(planned)
            release()  # here the error is gone, and with it all that it held

    @contextmanager
    def _from_point(self, planned: PlannedShot, frames: Taken, first: int, point: Point) -> Iterator[Iterable[Frame]]:
        """The shot's frames from a point on; ``frames`` are those from the shot's frame ``first`` on.

        Frames that have been taken already come from the film anew.
        """
        if first + frames.count == point.frame:
            yield frames
            return
        assert self._again is not None
        start = planned.shot.start
        with self._again(Shot(start + point.frame, start + first + frames.count)) as taken:
            yield chain(taken, frames)

    def _asked(
        self, planned: PlannedShot, frames: Iterable[Frame], point: Point, spanned: SpannedShot | None
    ) -> Iterator[tuple[Frame, Answer, Point | None]]:
        """The answers to the shot's frames from a point on."""
        if spanned is not None:
            yield from spanned.answers(frames, point, self._size, self._luma)
            return
        objects = None if self._objects is None else ObjectsFrom(self._objects, planned.shot.start)
        references, size = planned.references(), self._size
        shot = colorize_shot(frames, references, self._colorizer, size, objects=objects, luma=self._luma)
        yield from ((frame, answer, None) for frame, answer in shot)

    def _spared(self, frame: int) -> bool:
        """Whether less can be held in memory from a frame on; then it is."""
        found = spared(self._colorizer)
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
    return _kept(track, planned, frames, track.read(planned.shot, planned.key))


def _kept(
    track: ChromaTrack, planned: PlannedShot, frames: Iterator[Frame], there: Iterator[Answer]
) -> Iterator[AnsweredFrame]:
    for frame, answer in zip_longest(frames, there):
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
