"""A chroma track on disk: a folder with ``track.json``, which says what it is of, and a chunk for each shot.

Chunks are named by their shot's key, the hash of all that its colors depend on. What is there under a key is right,
whatever else has changed; what is not there is to be colored.
"""

import os
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil
from filelock import FileLock, Timeout

from kinemacolor.engine.track import header
from kinemacolor.engine.track.chunk import STATE, ChunkNotes, notes_of, read_chunk, verified_notes
from kinemacolor.engine.track.pieces import (
    Begun,
    ShotWriter,
    begun,
    listed_pieces,
    piece_of,
    read_pieces,
    verified_pieces,
)
from kinemacolor.engine.track.seal import PARTIAL, BrokenSealError, write_json, write_sealed
from kinemacolor.errors import BusyError, OutputError, TrackError, reason_of, reason_of_failed_write
from kinemacolor.frames import Shot
from kinemacolor.io.destination import discard_left_over
from kinemacolor.io.documents import DocumentError, json_object
from kinemacolor.models.base import Answer

ENDING = ".kctrack"
_LOCK, _RUNNING, _SHOTS, _SURVEY = ".lock", "running.json", "shots", "survey.json"
_FILES = (header.NAME, _SURVEY, _RUNNING)
_OWN = frozenset({_LOCK, _SHOTS, *_FILES, *(name + PARTIAL for name in _FILES)})
_CHUNK = re.compile(r"\d{6,}-[0-9a-f]{20}(\.\d{6,})?\.(mkv|json|state)(\.partial)?")
_RUNNING_LIMIT_BYTES = 2**16


def stem_of(start: int, key: str) -> str:
    """The name of a shot's files without their ending."""
    return f"{start:06d}-{key[:20]}"


class ChromaTrack:
    """A track opened for coloring. A context manager: one run at a time works on it.

    The lock is the operating system's own and goes with the process that held it, so a killed run leaves none.
    ``output`` is the film that the run writes: what a killed run left unfinished beside it is removed. Nothing is
    written or removed but the track's own names in its own folders, and no link is followed: a track may have come
    from somebody else.

    Raises ``BusyError`` on entering where another run is at work, ``TrackError`` where the folder is something else,
    ``OutputError`` where it cannot be made.
    """

    def __init__(self, path: Path, *, output: Path | None = None) -> None:
        self.path = path
        self._output = output
        self._lock = FileLock(path / _LOCK, timeout=0)

    def __enter__(self) -> "ChromaTrack":
        self._require_own()
        try:
            self.path.mkdir(exist_ok=True)  # a folder missing above it is for the user to make
            (self.path / _SHOTS).mkdir(exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise BusyError(f"{self.path} is in use by {self._who()}. Wait for it, or end it first.") from None
        except OSError as error:
            raise OutputError(
                f"The chroma track {self.path} cannot be made ({reason_of(error)}). Make the folder above it, or "
                "choose another."
            ) from error
        self._clear_up()
        return self

    def _require_own(self) -> None:
        """Raises ``TrackError`` where the folder is no track, nor what a killed run left of one."""
        try:
            if any(path.is_symlink() for path in (self.path, self.path / _SHOTS, self.path / _LOCK)):
                raise TrackError(
                    f"{self.path} has a link where a track has folders. Remove it, or use another --track."
                )
            if not self.path.exists() or (self.path / header.NAME).is_file() or (self.path / _LOCK).is_file():
                return
            names = {path.name for path in self.path.iterdir()} if self.path.is_dir() else {""}
        except OSError as error:
            raise TrackError(
                f"{self.path} cannot be read ({reason_of(error)}). Give --track another name."
            ) from error
        if not names <= _OWN:
            raise TrackError(f"{self.path} is no chroma track and is left as it is. Give --track another name.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # the folder may be gone, or closed to us by now
            (self.path / _RUNNING).unlink(missing_ok=True)
            if not any((self.path / _SHOTS).glob("*.mkv")):
                self._remove()  # there is nothing to go on from
        self._lock.release()

    def _remove(self) -> None:
        """Removes the folder; whatever else a user has put into it stays, and so does the folder then."""
        for name in (*_FILES, *(name + PARTIAL for name in _FILES), _LOCK):
            (self.path / name).unlink(missing_ok=True)
        with suppress(OSError):
            (self.path / _SHOTS).rmdir()
            self.path.rmdir()

    def _running(self) -> dict[str, object]:
        try:
            return json_object(self.path / _RUNNING, limit_bytes=_RUNNING_LIMIT_BYTES, follow_links=False)
        except (FileNotFoundError, DocumentError):
            return {}

    def is_at_work(self) -> bool:
        """Whether a run works on the track: one has left word, and on this machine its process is there."""
        running = self._running()
        number = running.get("process")
        if running.get("host") != socket.gethostname():
            return bool(running)
        return isinstance(number, int) and psutil.pid_exists(number)

    def _who(self) -> str:
        running = self._running()
        if not running:
            return "another run"
        return f"process {running.get('process')} on {running.get('host')}"

    def _clear_up(self) -> None:
        """Removes what a killed run left half done, here and beside its output."""
        partial = self._running().get("partial")
        try:
            if isinstance(partial, str) and self._output is not None:
                discard_left_over(Path(partial), self._output)
            for name in _FILES:
                (self.path / (name + PARTIAL)).unlink(missing_ok=True)
            for left in self._chunks():
                if left.name.endswith(PARTIAL):
                    left.unlink()
        except OSError as error:
            raise OutputError(f"The chroma track {self.path} cannot be written ({reason_of(error)}).") from error

    def _chunks(self) -> list[Path]:
        """The files of shots: what else lies there is not ours."""
        return [path for path in (self.path / _SHOTS).iterdir() if _CHUNK.fullmatch(path.name)]

    @property
    def survey(self) -> Path:
        """Where what was seen of the film is remembered."""
        return self.path / _SURVEY

    def note_run(self, partial: Path | None) -> None:
        """Leaves word of this run, and of the unfinished output that goes if the run is killed."""
        who = {"process": os.getpid(), "host": socket.gethostname(), "partial": str(partial) if partial else None}
        self._write(lambda: write_json(self.path / _RUNNING, who))

    def write_header(self, content: header.TrackHeader) -> None:
        """Says what the track is of. Raises ``OutputError`` where the disk does not take it."""
        self._write(lambda: write_sealed(self.path / header.NAME, content.as_dict()))

    def _write(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            raise OutputError(
                f"Writing {self.path} failed: {reason_of_failed_write(error)}. --no-track does without it."
            ) from error

    def _chunk(self, shot: Shot, key: str) -> Path:
        return self.path / _SHOTS / f"{stem_of(shot.start, key)}.mkv"

    @property
    def shots(self) -> Path:
        """The folder of the shots' files."""
        return self.path / _SHOTS

    def notes(self, shot: Shot, key: str) -> ChunkNotes | None:
        """The notes of a shot that is colored, else None."""
        chunk = self._chunk(shot, key)
        try:
            listed = listed_pieces(chunk)
        except (OSError, BrokenSealError):
            return None
        if listed is None:
            return notes_of(chunk)
        firsts, notes = listed
        return notes if all(piece_of(chunk, first).is_file() for first in firsts) else None

    def verified(self, shot: Shot, key: str) -> ChunkNotes | None:
        """The notes of a shot whose chunk is, byte for byte, what was written; None where it is not colored.

        Raises ``BrokenSealError``, whose message says what is wrong, where chunk or notes are damaged.
        """
        chunk = self._chunk(shot, key)
        try:
            listed = listed_pieces(chunk)
        except FileNotFoundError:
            return None
        if listed is None:
            return verified_notes(chunk)
        firsts, notes = listed
        verified_pieces(chunk, firsts, notes)
        return notes

    def read(self, shot: Shot, key: str, *, first: int = 0) -> Iterator[Answer]:
        """The answers for a colored shot's frames, from the shot's frame ``first`` on.

        Raises ``TrackError`` where it is damaged.
        """
        chunk = self._chunk(shot, key)
        try:
            listed = listed_pieces(chunk)
        except (OSError, BrokenSealError):
            listed = None
        return read_chunk(chunk, first=first) if listed is None else read_pieces(chunk, listed[0], first=first)

    def begun(self, shot: Shot, key: str, faults: list[str]) -> Iterator[Begun]:
        """What of a shot that is not complete can be gone on from, the farthest first.

        A line on each piece that is damaged goes to ``faults``.
        """
        return begun(self._chunk(shot, key), faults)

    def read_begun(self, shot: Shot, key: str, begun: Begun) -> Iterator[Answer]:
        """The answers for the frames that are there of a shot. Raises ``TrackError`` where they are damaged."""
        return read_pieces(self._chunk(shot, key), begun.firsts)

    def writer(self, shot: Shot, key: str, *, in_pieces: bool = False, begun: Begun | None = None) -> ShotWriter:
        """A writer for a shot, ``in_pieces`` for one in spans, which goes on behind what is ``begun``."""
        return ShotWriter(
            self._chunk(shot, key),
            {"format": header.FORMAT, "version": header.VERSION, "key": key},
            in_pieces=in_pieces,
            firsts=() if begun is None else begun.firsts,
            first=0 if begun is None else begun.notes.frames,
        )

    def prune(self, kept: Sequence[tuple[Shot, str]]) -> None:
        """Removes the chunks of all other keys, and all states: these shots are complete."""
        names = {self._chunk(shot, key).stem for shot, key in kept}
        for path in self._chunks():
            if path.name.partition(".")[0] not in names or path.suffix == STATE:
                path.unlink(missing_ok=True)
