"""Regular files only: what a pipe, a device or a link would make of a read or a write does not happen."""

import os
import stat
from pathlib import Path


class NoRegularFileError(OSError):
    """The name belongs to a pipe, a device or a socket, or the file cannot be one of its kind."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(0, reason, str(path))


def require_regular(path: Path) -> None:
    """Raises ``NoRegularFileError`` where the name belongs to something that a read may wait for, or never end at.

    A name that belongs to nothing, or to a folder, passes: who opens it says so. Raises ``OSError`` where the name
    cannot be looked up.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except ValueError as error:  # a NUL in the name
        raise NoRegularFileError(path, f"no file can have this name: {error}") from error
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise NoRegularFileError(path, "it is a pipe or a device, and no file")


def read_regular(path: Path, *, limit_bytes: int, follow_links: bool = True) -> bytes:
    """The bytes of a regular file.

    Raises ``OSError`` where it cannot be read, and its class ``NoRegularFileError`` for a pipe, a device, a file of
    more than ``limit_bytes``, and a link where ``follow_links`` is False.
    """
    if not follow_links and path.is_symlink():
        raise NoRegularFileError(path, "it is a link, which is not followed here")
    require_regular(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > limit_bytes:
            raise NoRegularFileError(path, f"it has {size} bytes; {limit_bytes} are the limit")
        return file.read(limit_bytes + 1)
