"""A model's identity: a short hash of all that its colors depend on.

It is part of the key under which a film's colors are kept, so that they are found again by the same model in
another process or on another machine, and by no other model.
"""

import hashlib
import json
from dataclasses import fields, is_dataclass
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn

_BYTES = 16


def identity_of(name: str, *parts: object, settings: object = None) -> str:
    """The hash of a model's name, the weights of its parts and its settings.

    A part is a network, or None where the model goes without; one that has no weights (a function, a stand-in)
    counts by its name. ``settings`` may hold dataclasses, tuples, lists, mappings, dtypes, text, numbers and None.

    Raises ``TypeError`` for a setting of another type: what counts is said, not guessed.
    """
    digest = hashlib.blake2b(json.dumps([name, _plain(settings)]).encode(), digest_size=_BYTES)
    for part in parts:
        digest.update(b"network;" if isinstance(part, nn.Module) else f"{_name_of(part)};".encode())
        for key, value in sorted(part.state_dict().items()) if isinstance(part, nn.Module) else ():
            digest.update(f"{key} {value.dtype} {tuple(value.shape)};".encode())
            digest.update(_bytes_of(value))
    return digest.hexdigest()


def _name_of(part: object) -> str:
    """The name of a function or class, or that of an object's class."""
    named = part if isinstance(part, FunctionType | type) else type(part)
    return named.__qualname__


def _bytes_of(values: Tensor) -> memoryview:
    """The bytes of a tensor, row by row whatever its memory format."""
    rows = values.detach().cpu().contiguous().flatten()
    return rows.view(torch.uint8).numpy().data


def _plain(value: object) -> Any:
    """The value as JSON can hold it; dataclasses with their name."""
    if is_dataclass(value) and not isinstance(value, type):
        return {type(value).__name__: {each.name: _plain(getattr(value, each.name)) for each in fields(value)}}
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in sorted(value.items())}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, torch.dtype):
        return str(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"{type(value).__name__} is no setting that a model's identity can hold.")
