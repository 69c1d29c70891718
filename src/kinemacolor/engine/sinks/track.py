"""The chroma track as a sink: every shot that was computed becomes a chunk when it is complete."""

from contextlib import ExitStack
from types import TracebackType

from kinemacolor.engine.answers import AnsweredFrame, AnsweredShot
from kinemacolor.engine.pipeline import WriteBehind
from kinemacolor.engine.sinks.base import Sink
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.track.chunk import ChunkWriter

_FRAMES_WAITING = 4


class TrackSink(Sink):
    """Writes chunks on a thread of its own. Shots that came from the track are left as they are."""

    def __init__(self, track: ChromaTrack) -> None:
        self._track = track
        self._chunk: ChunkWriter | None = None
        self._behind: WriteBehind[AnsweredFrame] | None = None
        self._open = ExitStack()

    def begin(self, shot: AnsweredShot) -> None:
        """Opens a chunk for a shot that is to be computed."""
        if shot.reused:
            return
        self._chunk = self._track.writer(shot.planned.shot, shot.planned.key)
        self._behind = self._open.enter_context(WriteBehind(self._write, _FRAMES_WAITING))

    def take(self, answered: AnsweredFrame) -> None:
        """Hands a computed frame over to be written."""
        if self._behind is not None:
            self._behind.put(answered)

    def _write(self, answered: AnsweredFrame) -> None:
        assert self._chunk is not None
        self._chunk.add(answered.answer)

    def end(self, shot: AnsweredShot) -> None:
        """Gives the chunk its name, with its notes; from now on the shot is kept."""
        if self._chunk is None:
            return
        self._open.close()
        self._behind = None
        self._chunk.commit(shot.notes)
        self._chunk = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Removes the chunk of a shot that did not come to its end."""
        if self._chunk is not None:
            self._open.__exit__(kind, error, trace)
            self._chunk.abandon()
