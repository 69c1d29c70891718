"""The release's files, from ``checkpoints.zip`` as it is published or from the folder it unpacks to."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from kinemacolor.errors import WeightsError
from kinemacolor.models.bistnet.official import PARTS

_OWN, _OWN_SUFFIX = "network", ".safetensors"


@contextmanager
def opened(path: Path) -> Iterator[dict[str, Path]]:
    """The file of each part of the release that is there, by the part's name; unpacked files are gone afterwards.

    A safetensors file is Kinemacolor's own: the part ``network``, which stands for all that are needed.

    Raises ``WeightsError`` where ``path`` is neither an archive nor a folder, or a needed part is missing.
    """
    if path.suffix == _OWN_SUFFIX:
        yield {_OWN: path}
        return
    with tempfile.TemporaryDirectory(prefix="kinemacolor-") as folder:
        found = _in_folder(path) if path.is_dir() else _unpacked(path, Path(folder))
        missing = [part.pattern for name, part in PARTS.items() if part.needed and name not in found]
        if missing and _OWN not in found:
            raise WeightsError(
                f"{path} is not BiSTNet's release: it has no {', no '.join(missing)}. Give the authors' "
                "checkpoints.zip, the folder it unpacks to, or a file that Kinemacolor saved."
            )
        yield found


def _part_of(name: str) -> str | None:
    """Which part a file of this name holds, None if none."""
    if fnmatch(name, f"bistnet*{_OWN_SUFFIX}"):
        return _OWN
    return next((part for part, file in PARTS.items() if fnmatch(name, file.pattern)), None)


def _in_folder(folder: Path) -> dict[str, Path]:
    # in order, so that of two trainings' files the last counts, whatever the file system's order
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {part: path for path in files if (part := _part_of(path.name)) is not None}


def _unpacked(path: Path, folder: Path) -> dict[str, Path]:
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                part = _part_of(PurePosixPath(name).name)
                if part is not None:
                    # the name within the archive is never used as a path: it could lead anywhere
                    found[part] = folder / f"{part}{PurePosixPath(name).suffix}"
                    with archive.open(name) as source, found[part].open("wb") as target:
                        shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise WeightsError(
            f"{path} is damaged or no archive ({error}). Give the authors' checkpoints.zip, the folder it unpacks "
            "to, or a file that Kinemacolor saved."
        ) from error
    return found
