"""Short hashes of all that a shot's colors depend on: film, frames, exemplars; a model has its own ``identity``."""

import hashlib
import json
from pathlib import Path

from kinemacolor.frames import Exemplar
from kinemacolor.io.sequence import is_sequence, pictures_of

_BYTES = 16
_PIECES, _PIECE_BYTES = 64, 65_536


def key_of(content: object) -> str:
    """The hash of what JSON can hold."""
    return _digest(json.dumps(content, sort_keys=True).encode())


def _digest(*parts: bytes) -> str:
    return hashlib.blake2b(b"".join(parts), digest_size=_BYTES).hexdigest()


def film_signature(source: Path) -> str:
    """The hash of a film's size and 64 pieces from first to last; of pictures, that of names, sizes and times.

    Quick at any length; the file's name and place do not matter.
    """
    if is_sequence(source):
        paths, _ = pictures_of(source)
        states = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
        return key_of(states)
    size = source.stat().st_size
    digest = hashlib.blake2b(str(size).encode(), digest_size=_BYTES)
    with source.open("rb") as file:
        for i in range(_PIECES):
            file.seek(max(0, (size - _PIECE_BYTES) * i // (_PIECES - 1)))
            digest.update(file.read(_PIECE_BYTES))
    return digest.hexdigest()


def folder_signature(path: Path) -> str:
    """The hash of a file's bytes, or of those of all files in a folder with their names."""
    files = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    return _digest(*(str(each.relative_to(path.parent)).encode() + each.read_bytes() for each in files))


def exemplar_hash(exemplar: Exemplar) -> str:
    """The hash of a still's pixels and alpha, as the model sees them. Its name and frame do not matter."""
    parts = [str(tuple(exemplar.rgb.shape)).encode(), exemplar.rgb.numpy().tobytes()]
    if exemplar.alpha is not None:
        parts.append(exemplar.alpha.numpy().tobytes())
    return _digest(*parts)
