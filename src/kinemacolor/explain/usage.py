"""Memory that a shot takes, frame by frame."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass

from torch import Tensor

MemoryCurve = Sequence[Mapping[str, int]]
"""For each frame the bytes of each part, the same parts throughout."""


def tensor_bytes(thing: object) -> int:
    """The bytes of all tensors within a state, each storage counted once."""
    storages: dict[int, int] = {}
    _collect(thing, storages, set())
    return sum(storages.values())


def _collect(thing: object, storages: dict[int, int], seen: set[int]) -> None:
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, Tensor):
        storage = thing.untyped_storage()
        storages[storage.data_ptr()] = storage.nbytes()
        return
    inside: list[object] = []
    if is_dataclass(thing):
        inside = [getattr(thing, field.name) for field in fields(thing)]
    elif isinstance(thing, Mapping):
        inside = list(thing.values())
    elif isinstance(thing, str | bytes | int | float) or thing is None:
        return
    elif hasattr(thing, "__iter__"):
        inside = list(thing)
    elif hasattr(thing, "__dict__"):
        inside = list(vars(thing).values())
    for each in inside:
        _collect(each, storages, seen)


def table_of(curve: MemoryCurve, *, first_frame: int) -> str:
    """CSV with a line for each frame: its number, and the bytes of each part."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    parts = list(curve[0])
    lines.writerow(["frame", *(f"{part} (bytes)" for part in parts)])
    for number, use in enumerate(curve, first_frame):
        lines.writerow([number, *(use[part] for part in parts)])
    return text.getvalue()
