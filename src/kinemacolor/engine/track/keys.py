"""What a shot's colours depend on, as short hashes: film, frames, exemplars, model and settings."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

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


def model_fingerprint(model: object) -> str:
    """The hash of a model's class, weights and settings; where it runs does not matter."""
    digest = hashlib.blake2b(digest_size=_BYTES)
    _feed(digest, model, set())
    return digest.hexdigest()


def _feed(digest: Any, value: object, seen: set[int]) -> None:
    """Adds a value of any kind: tensors by content, plain values by their text, objects by class and attributes."""
    if isinstance(value, Tensor | np.ndarray):
        _feed_array(digest, torch.as_tensor(value))
    elif isinstance(value, str | int | float | bool | bytes | None | Path | Enum | torch.dtype | np.generic):
        digest.update(f"{type(value).__name__}:{value!r};".encode())
    elif isinstance(value, torch.device):
        return
    elif isinstance(value, type | FunctionType | MethodType):
        digest.update(f"{value.__module__}.{value.__qualname__};".encode())
    elif id(value) in seen:
        digest.update(b"again;")
    else:
        seen.add(id(value))
        digest.update(f"{type(value).__module__}.{type(value).__qualname__}(".encode())
        for name, part in _parts(value):
            digest.update(f"{name}=".encode())
            _feed(digest, part, seen)
        digest.update(b");")


def _parts(value: object) -> list[tuple[str, object]]:
    """What an object consists of, in a fixed order."""
    if isinstance(value, Mapping):
        return sorted((str(name), part) for name, part in value.items())
    if isinstance(value, set | frozenset):
        return [("", part) for part in sorted(value, key=str)]
    if isinstance(value, Sequence):
        return [("", part) for part in value]
    if isinstance(value, nn.Module):
        return [("net", str(value)), *sorted(value.state_dict().items())]
    if isinstance(value, partial):
        return [("f", value.func), ("args", value.args), ("keywords", value.keywords)]
    if is_dataclass(value):
        return [(each.name, getattr(value, each.name)) for each in fields(value)]
    return sorted(vars(value).items()) if hasattr(value, "__dict__") else []


def _feed_array(digest: Any, values: Tensor) -> None:
    digest.update(f"{values.dtype}{tuple(values.shape)}".encode())
    digest.update(values.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
