"""A folder of photographs as descriptors, kept on disk: only new and changed pictures are read again."""

import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor import color
from kinemacolor.errors import BusyError, ExemplarError, InputError, UnreadableImageError
from kinemacolor.frames import Luma, size_of
from kinemacolor.io.destination import write_file
from kinemacolor.io.exemplars import GRAY_MEAN_CHROMA, pictures_in
from kinemacolor.io.pictures import read_picture
from kinemacolor.layers.place_features import PlaceEncoder
from kinemacolor.resize import fit, resize_picture
from kinemacolor.suggest.film import GLANCE_PX
from kinemacolor.weights import cache_folder

_KIND = "efficientnet-lite0-96"
"""Of the descriptors: an index of another kind is made anew."""


@dataclass(frozen=True, slots=True)
class Photographs:
    """Color photographs, and what each shows as a unit vector. ``left_out`` are lines on those that do not count."""

    paths: tuple[Path, ...]
    summaries: Float[Tensor, "n s"]
    left_out: tuple[str, ...]


def photo_luma(path: Path) -> tuple[Luma, float]:
    """L* of a picture with a short side of ``GLANCE_PX``, and its mean chroma.

    Raises ``UnreadableImageError`` where it cannot be decoded.
    """
    rgb, _ = read_picture(path)
    size = fit(size_of(rgb), GLANCE_PX)
    small = resize_picture(rgb, size)
    luma, chroma = color.split(small)
    return luma, float(color.chroma_magnitude(chroma).mean())


def photographs_of(
    folder: Path,
    encoder: PlaceEncoder,
    *,
    index: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Photographs:
    """The color photographs of a folder and of the folders in it, in the order of their names.

    ``index`` is where descriptors are kept, None for the cache folder. ``progress`` is told how many of how many
    are done. Raises ``InputError`` where there is no color photograph.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder. Give a folder of color photographs.")
    notes: list[str] = []
    try:
        paths = pictures_in(folder, note=notes.append)
    except ExemplarError as error:
        raise InputError(f"There is no color photograph: {error}") from error
    file = (
        index or cache_folder() / "photographs" / f"{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()}.npz"
    )
    known = _read(file)
    rows: dict[str, tuple[float, np.ndarray]] = {}
    for number, path in enumerate(paths):
        key = _key(path, folder)
        try:
            rows[key] = known[key] if key in known else _described(path, encoder)
        except UnreadableImageError as error:
            notes.append(f"Left out: {error}")
        if progress is not None:
            progress(number + 1, len(paths))
    if rows.keys() != known.keys():
        _write(file, rows)
    return _photographs(folder, [(path, rows[key]) for path in paths if (key := _key(path, folder)) in rows], notes)


def _photographs(
    folder: Path, rows: Iterable[tuple[Path, tuple[float, np.ndarray]]], notes: Sequence[str]
) -> Photographs:
    colored, left_out = [], list(notes)
    for path, (chroma, summary) in rows:
        if chroma >= GRAY_MEAN_CHROMA:
            colored.append((path, summary))
        else:
            left_out.append(f"Left out: {path}, which has no color.")
    if not colored:
        raise InputError(f"{folder} has no color photograph. Give a folder of png, jpeg, tiff or webp in color.")
    summaries = torch.from_numpy(np.stack([summary for _, summary in colored])).float()
    return Photographs(tuple(path for path, _ in colored), summaries, tuple(left_out))


def _key(path: Path, folder: Path) -> str:
    """Changes when the file does."""
    stat = path.stat()
    return f"{path.relative_to(folder).as_posix()}|{stat.st_size}|{stat.st_mtime_ns}"


@torch.inference_mode()
def _described(path: Path, encoder: PlaceEncoder) -> tuple[float, np.ndarray]:
    """Mean chroma and summary. Raises ``UnreadableImageError``."""
    luma, chroma = photo_luma(path)
    return chroma, encoder(luma).summary.numpy().astype(np.float16)


def _read(file: Path) -> dict[str, tuple[float, np.ndarray]]:
    """The descriptors kept; none where there is no index, it is damaged, or it is of another kind."""
    try:
        with np.load(file) as kept:
            if str(kept["kind"]) != _KIND:
                return {}
            return {
                str(key): (float(chroma), summary)
                for key, chroma, summary in zip(kept["keys"], kept["chromas"], kept["summaries"])
                if not np.isnan(chroma)  # of an earlier version, which could not read it
            }
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error, RuntimeError):
        return {}


def _write(file: Path, rows: dict[str, tuple[float, np.ndarray]]) -> None:
    width = max((len(summary) for _, summary in rows.values()), default=0)
    summaries = np.zeros((len(rows), width), np.float16)
    for row, (_, summary) in zip(summaries, rows.values()):
        row[: len(summary)] = summary
    chromas = np.array([chroma for chroma, _ in rows.values()])
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        data = io.BytesIO()
        np.savez(data, kind=np.array(_KIND), keys=np.array(list(rows)), chromas=chromas, summaries=summaries)
        write_file(file, data.getvalue())
    except (OSError, BusyError):
        return  # a read-only cache costs time only
