"""Weights of a network, to and from a file. Nothing in a file is ever executed.

Our own files are safetensors whose metadata holds the network's name and its config as JSON.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from kinemacolor.errors import WeightsError, reason_of
from kinemacolor.weights.tensors import read_tensors

ConfigT = TypeVar("ConfigT")
NetworkT = TypeVar("NetworkT", bound=nn.Module)


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a weights file, and the metadata where it is safetensors.

    Raises ``WeightsError`` where the file is missing, damaged, or holds anything but tensors.
    """
    tensors = read_tensors(path)
    if path.suffix != ".safetensors":
        return tensors, {}
    with safe_open(path, framework="pt") as file:
        return tensors, file.metadata() or {}


def save(network: nn.Module, config: Any, name: str, path: Path) -> None:
    """Writes a network's tensors and its config (a dataclass) as safetensors."""
    tensors = {key: value.detach().contiguous() for key, value in network.state_dict().items()}
    save_file(tensors, path, metadata=metadata_of(config, name))


def metadata_of(config: Any, name: str) -> dict[str, str]:
    """The metadata of a file of ours on the network in it."""
    return {"network": name, "config": json.dumps(asdict(config))}


def config_from(
    metadata: Mapping[str, str],
    kind: type[ConfigT],
    name: str,
    path: Path,
    *,
    former: Mapping[str, str] = MappingProxyType({}),
) -> ConfigT:
    """The config in a file that ``save`` wrote; ``former`` are today's names of fields by those of older files.

    Raises ``WeightsError`` where it is none of this network's.
    """
    found = metadata.get("network")
    if found != name or "config" not in metadata:
        raise WeightsError(f"{path} holds {found or 'an unnamed network'}, not {name}. Give a file saved for {name}.")
    try:
        values = {former.get(field, field): value for field, value in json.loads(metadata["config"]).items()}
        return _built(kind, values)
    except (AttributeError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise WeightsError(
            f"The config in {path} is not {name}'s ({reason_of(error)}). Use the version that saved it."
        ) from error


def network_of(build: Callable[[ConfigT], NetworkT], config: ConfigT, path: Path) -> NetworkT:
    """The network of the config in a file, on the ``meta`` device, where it takes no memory.

    Raises ``WeightsError`` where no network can have these dimensions together.
    """
    try:
        with torch.device("meta"):
            return build(config)
    except (RuntimeError, TypeError, ValueError, ArithmeticError, LookupError, AssertionError) as error:
        raise WeightsError(
            f"The config in {path} is of no network that can be built ({reason_of(error)}). Fetch the file again, or "
            "take another."
        ) from error


def _built(kind: Any, values: Mapping[str, Any]) -> Any:
    """A frozen dataclass of JSON values: lists become tuples, inner tables the dataclass of their field."""
    hints = get_type_hints(kind)
    unknown = set(values) - {field.name for field in fields(kind)}
    if unknown:
        raise ValueError(f"unknown {', '.join(sorted(unknown))}")
    made = {}
    for name, value in values.items():
        if is_dataclass(hints[name]):
            value = _built(hints[name], value)
        value = tuple(value) if isinstance(value, list) else value
        if not _is_of(hints[name], value):
            raise ValueError(f"{name} cannot be {value!r}")
        made[name] = value
    return kind(**made)


def _is_of(hint: Any, value: object) -> bool:
    """Whether a value has a field's type; what JSON cannot hold is not looked at."""
    if get_origin(hint) in (Union, UnionType):
        return any(_is_of(each, value) for each in get_args(hint))
    if hint is NoneType:
        return value is None
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        fits = isinstance(value, tuple) and (inner[-1] is Ellipsis or len(value) == len(inner))
        return fits and all(_is_of(inner[0], each) for each in value)  # type: ignore[attr-defined]  # a tuple, then
    return not isinstance(hint, type) or isinstance(value, hint)
