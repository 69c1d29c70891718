"""Decoded frames on disk, small and in uint8, so that training does not decode the same film again and again."""

import hashlib
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from kinemacolor import color
from kinemacolor.data.cuts import Pictures, shots_of
from kinemacolor.data.sources import Source
from kinemacolor.errors import InputError
from kinemacolor.frames import Planes, size_of
from kinemacolor.io.base import FrameReader
from kinemacolor.io.open import open_reader
from kinemacolor.io.regular import require_regular
from kinemacolor.io.sequence import is_picture_name
from kinemacolor.resize import fit, resize


class FrameCache:
    """Frames of sources at a short side of at most ``short_side_px``, of each film the first ``max_frames``.

    An entry is named after the SHA-256 of the source's bytes and the settings, and appears only when complete: a
    changed file is read anew, and any number of processes may share a folder.
    """

    def __init__(self, folder: Path, *, short_side_px: int = 256, max_frames: int = 300) -> None:
        self.folder, self.short_side_px, self.max_frames = folder, short_side_px, max_frames
        self._entries: dict[Path, Path] = {}

    def frames(self, source: Source) -> Pictures:
        """The source's frames, read-only and from disk as they are touched; one for a photograph.

        Raises ``InputError`` where the source cannot be read.
        """
        entry = self._entry(source)
        kept = _loaded(entry, mapped=True)
        if kept is None or kept.ndim != 4 or kept.dtype != np.uint8:
            self._write(entry, self._decoded(source))
            kept = np.load(entry, mmap_mode="r")
        pictures: Pictures = kept
        return pictures

    def shots(self, source: Source) -> list[range]:
        """The frames between the source's cuts, in order. Raises as ``frames`` does."""
        entry = self._entry(source).with_suffix(".shots.npy")
        kept = _loaded(entry)
        if kept is None or kept.ndim != 2 or kept.shape[1] != 2 or kept.dtype.kind != "i":
            kept = np.array([(shot.start, shot.stop) for shot in shots_of(self.frames(source))])
            self._write(entry, kept)
        return [range(start, stop) for start, stop in kept.tolist()]

    def _entry(self, source: Source) -> Path:
        if source.path not in self._entries:
            self._entries[source.path] = self.folder / f"{self._key(source)}.npy"
        return self._entries[source.path]

    def _key(self, source: Source) -> str:
        digest = hashlib.sha256(f"{self.short_side_px}/{self.max_frames}".encode())
        for path in _files_of(source):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:32]

    def _decoded(self, source: Source) -> Pictures:
        with open_reader(source.path) as reader:
            pictures = [self._picture(color.rgb_of_planes(p)) for p in islice(_planes(reader), self.max_frames)]
        if not pictures:
            raise InputError(f"{source.path} has no frames. Leave it out of the training data.")
        return np.stack(pictures)

    def _picture(self, rgb: Float[Tensor, "3 h w"]) -> UInt8[np.ndarray, "h2 w2 3"]:
        small = resize(rgb, fit(size_of(rgb), self.short_side_px))
        return color.to_8_bits(small).permute(1, 2, 0).numpy()

    def _write(self, entry: Path, array: np.ndarray) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = entry.with_suffix(f".{os.getpid()}.partial")
        partial.unlink(missing_ok=True)  # it may be a link to somewhere else
        with partial.open("xb") as file:
            np.save(file, array)
        partial.replace(entry)


def _loaded(entry: Path, *, mapped: bool = False) -> np.ndarray | None:
    """An entry; None where there is none, or it is damaged and made anew."""
    try:
        require_regular(entry)
        found = np.load(entry, mmap_mode="r" if mapped else None)
    except (OSError, ValueError, EOFError):
        return None
    return found if isinstance(found, np.ndarray) else None


def _planes(reader: FrameReader) -> Iterator[Planes]:
    for frame in reader:
        assert frame.planes is not None
        yield frame.planes


def _files_of(source: Source) -> list[Path]:
    if source.kind != "frames":
        return [source.path]
    return sorted(path for path in source.path.iterdir() if is_picture_name(path))
