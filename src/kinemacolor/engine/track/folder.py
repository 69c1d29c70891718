"""A chroma track on disk: a folder with ``track.json``, which says what it is of, and a chunk for each shot.

Chunks are named by their shot's key, the hash of all that its colors depend on. What is there under a key is right,
whatever else has changed; what is not there is to be colored.
"""

import json
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from kinemacolor.engine.track import header
from kinemacolor.engine.track.chunk import ChunkNotes, ChunkWriter, notes_of, read_chunk, write_json
from kinemacolor.errors import BusyError, OutputError, TrackError
from kinemacolor.frames import Shot
from kinemacolor.models.base import Answer

ENDING = ".kctrack"
_LOCK, _RUNNING, _SHOTS, _SURVEY = ".lock", "running.json", "shots", "survey.json"


class ChromaTrack:
    """A track opened for coloring. A context manager: one run at a time works on it.

    The lock is the operating system's own and goes with the process that held it, so a killed run leaves none.

    Raises ``BusyError`` on entering where another run is at work, ``TrackError`` where the folder is something else,
    ``OutputError`` where it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = FileLock(path / _LOCK, timeout=0)

    def __enter__(self) -> "ChromaTrack":
        strange = self.path.exists() and not (self.path / _LOCK).exists() and not (self.path / header.NAME).exists()
        if strange and (not self.path.is_dir() or any(self.path.iterdir())):
            raise TrackError(f"{self.path} is no chroma track and is left as it is. Give --track another name.")
        try:
            self.path.mkdir(exist_ok=True)  # a folder missing above it is for the user to make
            (self.path / _SHOTS).mkdir(exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise BusyError(f"{self.path} is in use by {self._who()}. Wait for it, or end it first.") from None
        except OSError as error:
            raise OutputError(
                f"The chroma track {self.path} cannot be made ({error.strerror}). Make the folder above it, or "
                "choose another."
            ) from error
        self._clear_up()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        (self.path / _RUNNING).unlink(missing_ok=True)
        if not any((self.path / _SHOTS).glob("*.mkv")):
            self._remove()  # there is nothing to go on from
        self._lock.release()

    def _remove(self) -> None:
        """Removes the folder; whatever else a user has put into it stays, and so does the folder then."""
        for name in (header.NAME, _SURVEY, _LOCK):
            (self.path / name).unlink(missing_ok=True)
        with suppress(OSError):
            (self.path / _SHOTS).rmdir()
            self.path.rmdir()

    def _running(self) -> dict[str, object]:
        try:
            return dict(json.loads((self.path / _RUNNING).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def _who(self) -> str:
        running = self._running()
        return f"process {running['process']} on {running['host']}" if running else "another run"

    def _clear_up(self) -> None:
        """Removes what a killed run left half done, here and beside its output."""
        partial = self._running().get("partial")
        if isinstance(partial, str):
            with suppress(OSError):
                Path(partial).unlink()
        for left in (*self.path.glob("*.partial"), *(self.path / _SHOTS).glob("*.partial")):
            left.unlink()

    @property
    def survey(self) -> Path:
        """Where what was seen of the film is remembered."""
        return self.path / _SURVEY

    def note_run(self, partial: Path | None) -> None:
        """Leaves word of this run, and of the unfinished output that goes if the run is killed."""
        who = {"process": os.getpid(), "host": socket.gethostname(), "partial": str(partial) if partial else None}
        write_json(self.path / _RUNNING, who)

    def write_header(self, content: header.TrackHeader) -> None:
        """Says what the track is of. Raises ``OutputError`` where the disk does not take it."""
        try:
            write_json(self.path / header.NAME, content.as_dict())
        except OSError as error:
            raise OutputError(f"{self.path} cannot be written ({error.strerror}). Make room on the disk.") from error

    def _chunk(self, shot: Shot, key: str) -> Path:
        return self.path / _SHOTS / f"{shot.start:06d}-{key[:20]}.mkv"

    def notes(self, shot: Shot, key: str) -> ChunkNotes | None:
        """The notes of a shot that is colored, else None."""
        return notes_of(self._chunk(shot, key))

    def read(self, shot: Shot, key: str) -> Iterator[Answer]:
        """The answers for a colored shot's frames. Raises ``TrackError`` where it is damaged."""
        return read_chunk(self._chunk(shot, key))

    def writer(self, shot: Shot, key: str) -> ChunkWriter:
        """A writer for a shot."""
        return ChunkWriter(self._chunk(shot, key), {"format": header.FORMAT, "version": header.VERSION, "key": key})

    def prune(self, kept: Sequence[tuple[Shot, str]]) -> None:
        """Removes the chunks of all other keys."""
        names = {self._chunk(shot, key).stem for shot, key in kept}
        for path in (self.path / _SHOTS).iterdir():
            if path.stem not in names:
                path.unlink()
