"""The files of an authors' release: from the archive as it is published, or from the folder it unpacks to."""

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from kinemacolor.errors import WeightsError, reason_of

_LARGEST_BYTES = 2**31
_MOST_TIMES = 20
"""Weights are noise to a packer: the published archives unpack to 1.1 times their size."""


@contextmanager
def opened(path: Path, part_of: Callable[[str], str | None], *, advice: str) -> Iterator[dict[str, Path]]:
    """The file of each part that is there, by the part's name; what was unpacked is gone afterwards.

    ``part_of`` names the part that a file of this name holds, None for a file of no use. ``advice`` is a sentence on
    what to give, for messages.

    Raises ``WeightsError`` where ``path`` is neither an archive nor a folder.
    """
    with tempfile.TemporaryDirectory(prefix="kinemacolor-") as folder:
        yield _in_folder(path, part_of) if path.is_dir() else _unpacked(path, Path(folder), part_of, advice)


def _in_folder(folder: Path, part_of: Callable[[str], str | None]) -> dict[str, Path]:
    # in order, so that of two trainings' files the last counts, whatever the file system's order
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {part: path for path in files if (part := part_of(path.name)) is not None}


def _unpacked(path: Path, folder: Path, part_of: Callable[[str], str | None], advice: str) -> dict[str, Path]:
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in sorted(archive.infolist(), key=lambda each: each.filename):
                name = PurePosixPath(entry.filename)
                part = part_of(name.name)
                if part is not None:
                    _require_no_bomb(path, entry, advice)
                    # the name within the archive is never used as a path: it could lead anywhere
                    found[part] = folder / f"{part}{name.suffix}"
                    with archive.open(entry) as source, found[part].open("wb") as target:
                        shutil.copyfileobj(source, target)  # zipfile ends a file at the size that was checked
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        raise WeightsError(f"{path} is damaged or no archive ({reason_of(error)}). {advice}") from error
    return found


def _require_no_bomb(path: Path, entry: zipfile.ZipInfo, advice: str) -> None:
    """Raises ``WeightsError`` for a file that unpacks to more than any weights are, or to many times its size."""
    if entry.file_size > _LARGEST_BYTES or entry.file_size > _MOST_TIMES * entry.compress_size + 2**20:
        raise WeightsError(
            f"{path} holds {entry.filename[:80]!r}, which would unpack from {entry.compress_size} to "
            f"{entry.file_size} bytes, and weights do not. It is not the published archive. {advice}"
        )
