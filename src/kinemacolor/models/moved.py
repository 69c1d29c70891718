"""Whatever holds tensors, on another device."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

ValueT = TypeVar("ValueT")

HOST = torch.device("cpu")
"""The computer's own memory."""


def moved(value: ValueT, device: torch.device) -> ValueT:
    """A tensor, or a dataclass, tuple or list of tensors, on a device; other values as they are."""
    there: Any = value
    if isinstance(value, Tensor):
        there = value.to(device)
    elif is_dataclass(value) and not isinstance(value, type):
        there = replace(value, **{each.name: moved(getattr(value, each.name), device) for each in fields(value)})
    elif isinstance(value, tuple | list):
        there = type(value)(moved(each, device) for each in value)
    return there
