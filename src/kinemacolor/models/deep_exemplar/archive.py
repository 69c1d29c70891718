"""The release's files, from ``colorization_checkpoint.zip`` as it is published or from the folder it unpacks to."""

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from torch import Tensor

from kinemacolor.errors import WeightsError
from kinemacolor.weights.tensors import read_tensors

_ASK = "Give the authors' colorization_checkpoint.zip, the folder it unpacks to, or a file that Kinemacolor saved."


def read(path: Path, files: Mapping[str, str]) -> dict[str, dict[str, Tensor]]:
    """The tensors of each part of the release, by the part's name. ``files`` are patterns of the files' names.

    Raises ``WeightsError`` where ``path`` is neither an archive nor a folder, a part is missing, or a file damaged.
    """
    with tempfile.TemporaryDirectory(prefix="kinemacolor-") as folder:
        found = _in_folder(path, files) if path.is_dir() else _unpacked(path, Path(folder), files)
        missing = [pattern for part, pattern in files.items() if part not in found]
        if missing:
            raise WeightsError(f"{path} is not Deep Exemplar's release: it has no {', no '.join(missing)}. {_ASK}")
        # cloned, since what is read is mapped to files that are gone in a moment
        return {
            part: {name: tensor.clone() for name, tensor in read_tensors(file).items()}
            for part, file in found.items()
        }


def _part_of(name: str, files: Mapping[str, str]) -> str | None:
    return next((part for part, pattern in files.items() if fnmatch(name, pattern)), None)


def _in_folder(folder: Path, files: Mapping[str, str]) -> dict[str, Path]:
    # in order, so that of two trainings' files the last counts, whatever the file system's order
    inside = sorted(path for path in folder.rglob("*") if path.is_file())
    return {part: path for path in inside if (part := _part_of(path.name, files)) is not None}


def _unpacked(path: Path, folder: Path, files: Mapping[str, str]) -> dict[str, Path]:
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for name in sorted(archive.namelist()):
                part = _part_of(PurePosixPath(name).name, files)
                if part is not None:
                    # the name within the archive is never used as a path: it could lead anywhere
                    found[part] = folder / f"{part}.pth"
                    with archive.open(name) as source, found[part].open("wb") as target:
                        shutil.copyfileobj(source, target)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise WeightsError(f"{path} is damaged or no archive ({error}). {_ASK}") from error
    return found
