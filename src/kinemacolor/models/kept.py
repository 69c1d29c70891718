"""A state as bytes and back, so that another process goes on where a shot was left.

The bytes are a safetensors file: the tensors, and in its header a description in JSON of what holds them. Nothing in
it is executed, and nothing is made of it but plain values, containers and the types that are registered here by name.
What a state holds of its exemplars alone is not in it: it is taken from the state that ``start`` makes of them.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from math import isfinite
from types import UnionType
from typing import Any, Protocol, TypeVar, Union, get_args, get_origin, get_type_hints, runtime_checkable

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

TypeT = TypeVar("TypeT", bound=type)
StateT = TypeVar("StateT")

FORMAT, VERSION = "kinemacolor state", 1
MOST_BYTES = 2**33
"""No state is larger than this."""

NOT_KEPT: Mapping[str, bool] = {"kept": False}
"""The metadata of a field that comes from the references alone, or that no later frame asks for."""

_MOST_HEADER_BYTES, _MOST_PARTS, _MOST_DEPTH = 2**24, 2**17, 24
_HEADER_LENGTH_BYTES = 8
_DESCRIPTION = "state"
_types: dict[str, type] = {}


class UnfitStateError(ValueError):
    """Bytes are not the state that is asked for, or a state cannot be kept; the message says why."""


@runtime_checkable
class KeepsTraces(Protocol):
    """A part of a state that is no dataclass, and says itself what of it is to be kept."""

    def traces(self) -> object:
        """What frames have left in it, as a registered dataclass."""
        ...

    def take_up(self, traces: Any) -> None:
        """Puts the traces into a part that is as it was before the first frame."""
        ...


def kept_as(name: str) -> Callable[[TypeT], TypeT]:
    """Registers a dataclass, or a class that ``KeepsTraces``, under a name that never changes."""

    def register(kind: TypeT) -> TypeT:
        assert _types.setdefault(name, kind) is kind, f"{name} is registered twice"
        return kind

    return register


def bytes_of_state(state: object, label: str) -> bytes:
    """A state as bytes; ``label`` says what it is of. Raises ``UnfitStateError`` for one that cannot be kept."""
    writing = _Writing()
    description = {"format": FORMAT, "version": VERSION, "of": label, "content": writing.described(state)}
    return save(writing.tensors, metadata={_DESCRIPTION: json.dumps(description)})


def state_of_bytes(data: bytes, fresh: StateT, label: str, *, device: torch.device | None = None) -> StateT:
    """The state that bytes hold, its tensors on ``device``; ``fresh`` is that before the shot's first frame.

    ``fresh`` is used up. Raises ``UnfitStateError`` where the bytes are damaged, of another version, of something
    else than ``label``, or hold another kind of state.
    """
    description = _description_in(data)
    for name, expected in (("format", FORMAT), ("version", VERSION), ("of", label)):
        if description.get(name) != expected:
            raise UnfitStateError(f"its {name} is {description.get(name)!r} instead of {expected!r}")
    try:
        tensors = load(data)
    except (SafetensorError, ValueError, KeyError, RuntimeError) as error:
        raise UnfitStateError(f"its tensors cannot be read ({error})") from error
    reading = _Reading(tensors, device or torch.device("cpu"))
    state: StateT = reading.value(description.get("content"), type(fresh), fresh)
    if type(state) is not type(fresh):
        raise UnfitStateError(f"it is a {type(state).__name__} instead of a {type(fresh).__name__}")
    return state


def _description_in(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:_HEADER_LENGTH_BYTES], "little")
    if len(data) > MOST_BYTES or not 0 < length <= min(_MOST_HEADER_BYTES, len(data) - _HEADER_LENGTH_BYTES):
        raise UnfitStateError("it is cut off, or no state")
    try:
        header = json.loads(data[_HEADER_LENGTH_BYTES : _HEADER_LENGTH_BYTES + length])
        description = json.loads(header["__metadata__"][_DESCRIPTION])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnfitStateError(f"its header cannot be read ({error})") from error
    if not isinstance(description, dict):
        raise UnfitStateError("its header describes nothing")
    return description


class _Writing:
    """Describes values, and collects their tensors, each once."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._places: dict[int, dict[str, Any]] = {}
        self._alive: list[Tensor] = []
        self._names = {kind: name for name, kind in _types.items()}

    def described(self, value: object) -> Any:
        """What JSON can hold of a value."""
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float) and isfinite(value):
            return value
        if isinstance(value, Tensor):
            return self._tensor(value)
        if isinstance(value, deque):
            return {"deque": [self.described(each) for each in value], "most": value.maxlen}
        if isinstance(value, tuple | list) and type(value) in (tuple, list):
            return {type(value).__name__: [self.described(each) for each in value]}
        if isinstance(value, slice):
            return {"slice": [value.start, value.stop]}
        return self._registered(value)

    def _registered(self, value: object) -> Any:
        name = self._names.get(type(value))
        if name is None:
            raise UnfitStateError(f"a {type(value).__name__} cannot be kept")
        if is_dataclass(value):
            parts = {each.name: self.described(getattr(value, each.name)) for each in _kept_fields(type(value))}
            return {"type": name, "parts": parts}
        assert isinstance(value, KeepsTraces)
        return {"type": name, "traces": self.described(value.traces())}

    def _tensor(self, tensor: Tensor) -> Any:
        if id(tensor) not in self._places:
            if tensor.layout != torch.strided:
                raise UnfitStateError("a sparse tensor cannot be kept")
            # in the order in which it lies in memory: kernels may round otherwise for another order
            strides = tensor.stride()
            order = sorted(range(tensor.dim()), key=lambda axis: -strides[axis])
            name = f"{len(self.tensors)}"
            plain = tensor.detach().permute(order).to("cpu")
            self.tensors[name] = plain.clone(memory_format=torch.contiguous_format)
            self._places[id(tensor)] = {"tensor": name, "order": order}
            self._alive.append(tensor)  # no other tensor gets its id meanwhile
        return self._places[id(tensor)]


class _Reading:
    """Makes values of their description; each tensor is made once."""

    def __init__(self, tensors: Mapping[str, Tensor], device: torch.device) -> None:
        self._tensors, self._device = tensors, device
        self._made: dict[tuple[str, tuple[int, ...]], Tensor] = {}
        self._parts = 0

    def value(self, node: Any, hint: Any, fresh: object = None, depth: int = 0) -> Any:
        """The value of a description, which must be what the type ``hint`` says."""
        self._parts += 1
        if depth > _MOST_DEPTH or self._parts > _MOST_PARTS:
            raise UnfitStateError("it has too many parts")
        made = self._made_of(node, hint, fresh, depth)
        if not _fits(made, hint):
            raise UnfitStateError(f"it has a {type(made).__name__} where {hint} belongs")
        return made

    def _made_of(self, node: Any, hint: Any, fresh: object, depth: int) -> Any:
        if not isinstance(node, dict):
            if isinstance(node, list):
                raise UnfitStateError("its description has a list where a value belongs")
            return node
        if "tensor" in node:
            return self._tensor(node)
        if "type" in node:
            return self._registered(node, fresh, depth)
        if "slice" in node:
            ends = node["slice"]
            if not (isinstance(ends, list) and len(ends) == 2 and all(type(end) is int for end in ends)):
                raise UnfitStateError("it has a slice without ends")
            return slice(*ends)
        for name, kind in (("tuple", tuple), ("list", list), ("deque", deque)):
            if isinstance(node.get(name), list):
                return self._container(node, name, kind, hint, depth)
        raise UnfitStateError("its description has a part of no known kind")

    def _container(self, node: dict[str, Any], name: str, kind: type, hint: Any, depth: int) -> Any:
        inner = get_args(_of_kind(hint, kind)) or (Any,)
        several = node[name]
        fixed = kind is tuple and inner[-1] is not Ellipsis and len(inner) == len(several)
        values = [
            self.value(each, inner[i] if fixed else inner[0], depth=depth + 1) for i, each in enumerate(several)
        ]
        if kind is not deque:
            return kind(values)
        most = node.get("most")
        if most is not None and not (type(most) is int and 0 <= most <= _MOST_PARTS):
            raise UnfitStateError("it has a queue of no length")
        return deque(values, maxlen=most)

    def _tensor(self, node: dict[str, Any]) -> Tensor:
        name, order = node["tensor"], node.get("order")
        if not isinstance(name, str) or name not in self._tensors:
            raise UnfitStateError("it lacks a tensor")
        plain = self._tensors[name]
        axes = [axis for axis in order if type(axis) is int] if isinstance(order, list) else None
        if axes is None or axes != order or sorted(axes) != list(range(plain.dim())):
            raise UnfitStateError("it has a tensor of another shape")
        key = (name, tuple(axes))
        if key not in self._made:
            back = sorted(range(plain.dim()), key=axes.__getitem__)
            # cloned: what lies in the file's bytes is not aligned
            there = plain.clone(memory_format=torch.contiguous_format).to(self._device)
            self._made[key] = there.permute(back)
        return self._made[key]

    def _registered(self, node: dict[str, Any], fresh: object, depth: int) -> Any:
        kind = _types.get(node["type"]) if isinstance(node["type"], str) else None
        if kind is None:
            raise UnfitStateError(f"it has a part of the unknown type {node['type']!r}")
        own = fresh if type(fresh) is kind else None
        if not is_dataclass(kind):
            if own is None:
                raise UnfitStateError(f"it has a {kind.__name__} where none belongs")
            assert isinstance(own, KeepsTraces)
            hint = get_type_hints(type(own).take_up).get("traces", Any)
            own.take_up(self.value(node.get("traces"), hint, depth=depth + 1))
            return own
        parts, kept = node.get("parts"), [each.name for each in _kept_fields(kind)]
        if not isinstance(parts, dict) or set(parts) != set(kept):
            raise UnfitStateError(f"its {kind.__name__} has other parts than it should")
        hints = get_type_hints(kind)
        values = {name: self.value(parts[name], hints[name], getattr(own, name, None), depth + 1) for name in kept}
        for each in fields(kind):
            if each.name not in values:
                if own is None:
                    raise UnfitStateError(f"it has a {kind.__name__} where none belongs")
                values[each.name] = getattr(own, each.name)
        return kind(**values)


def _kept_fields(kind: Any) -> list[Any]:
    return [each for each in fields(kind) if each.metadata.get("kept", True)]


def _of_kind(hint: Any, kind: type) -> Any:
    """Of a type that may be one of several, the one that is a ``kind``."""
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return next((each for each in options if (get_origin(each) or each) is kind), None)


def _fits(value: object, hint: Any) -> bool:
    """Whether a value is of a type, as far as its outermost part goes; tensors' kinds and dimensions count."""
    if hint is Any:
        return True
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in get_args(hint))
    if hint is float:
        return type(value) in (int, float)
    if hint is int:
        return type(value) is int
    inner = get_args(hint)
    if origin is tuple and Ellipsis not in inner and isinstance(value, tuple) and len(value) != len(inner):
        return False
    return isinstance(value, origin or hint)
