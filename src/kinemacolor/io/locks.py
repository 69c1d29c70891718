"""Locks of the operating system on files and folders (flock); where a disk or system has none, nothing is locked."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def locked(place: Path) -> "Lock | None":
    """The lock on a file or folder; None where there are none. Raises ``BlockingIOError`` where another has it."""
    if fcntl is None:
        return None
    handle = os.open(place, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return Lock(handle)


class Lock:
    """A lock of the operating system's, which ends with the process at the latest."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def close(self) -> None:
        """Gives it back."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __del__(self) -> None:
        self.close()


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Lets one process at a time look for others' unfinished files in a folder and make its own."""
    if fcntl is None:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
