"""The chroma track as a sink: every shot that was computed becomes a chunk when it is complete, a long one pieces."""

from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType

from kinemacolor.engine.answers import AnsweredFrame, AnsweredShot
from kinemacolor.engine.pipeline import WriteBehind
from kinemacolor.engine.sinks.base import Sink
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.engine.track.pieces import ShotWriter

_FRAMES_WAITING = 4


class TrackSink(Sink):
    """Writes chunks on a thread of its own. What came from the track is left as it is."""

    def __init__(self, track: ChromaTrack) -> None:
        self._track = track
        self._shot: AnsweredShot | None = None
        self._writer: ShotWriter | None = None
        self._behind: WriteBehind[tuple[AnsweredFrame, ChunkNotes | None]] | None = None
        self._seen, self._there, self._ended = 0, 0, ChunkNotes()
        self._open = ExitStack()

    def begin(self, shot: AnsweredShot) -> None:
        """Opens a chunk for a shot that is to be computed."""
        if shot.reused:
            return
        planned, self._shot = shot.planned, shot
        self._writer = self._track.writer(planned.shot, planned.key, in_pieces=shot.in_pieces, begun=shot.begun)
        self._behind = self._open.enter_context(WriteBehind(self._write, _FRAMES_WAITING))
        self._seen, self._there, self._ended = 0, shot.notes.frames, _copy(shot.notes)

    def take(self, answered: AnsweredFrame) -> None:
        """Hands a computed frame over to be written."""
        if self._behind is None or self._shot is None:
            return
        self._seen += 1
        if self._seen <= self._there:
            return
        self._behind.put((answered, None if answered.state is None else self._since(self._shot.notes)))

    def _since(self, notes: ChunkNotes) -> ChunkNotes:
        """The notes since the last piece ended, which ends here."""
        ended, self._ended = self._ended, _copy(notes)
        return ChunkNotes(
            frames=notes.frames - ended.frames,
            damaged=notes.damaged - ended.damaged,
            seconds=round(notes.seconds - ended.seconds, 3),
            confidence=notes.confidence[len(ended.confidence) :],
        )

    def _write(self, handed: tuple[AnsweredFrame, ChunkNotes | None]) -> None:
        assert self._writer is not None
        answered, notes = handed
        self._writer.add(answered.answer)
        if notes is not None and answered.state is not None:
            self._writer.end_piece(notes, answered.state)

    def end(self, shot: AnsweredShot) -> None:
        """Gives the chunk its name, with its notes; from now on the shot is kept."""
        if self._writer is None:
            return
        self._open.close()
        self._behind = None
        self._writer.commit(shot.notes, rest=self._since(shot.notes))
        self._writer = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Removes what is of a shot that did not come to its end, but for its pieces."""
        if self._writer is not None:
            self._open.__exit__(kind, error, trace)
            self._writer.abandon()


def _copy(notes: ChunkNotes) -> ChunkNotes:
    return replace(notes, confidence=list(notes.confidence))
