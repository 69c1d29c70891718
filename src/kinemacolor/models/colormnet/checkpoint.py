"""Weights of a network, to and from a file. Nothing in a file is ever executed.

Our own files are safetensors whose metadata holds the network's name and its config as JSON.
"""

import json
import pickle
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from kinemacolor.errors import WeightsError

ConfigT = TypeVar("ConfigT")
_SHOWN = 8


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors or ``torch.save`` file, memory-mapped, and the former's metadata.

    Raises ``WeightsError`` where the file is missing, damaged, or holds anything but tensors.
    """
    if not path.is_file():
        raise WeightsError(f"Weights file {path} does not exist. Give the path of a file that does.")
    return _read_safetensors(path) if path.suffix == ".safetensors" else (_read_torch(path), {})


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except SafetensorError as error:
        raise WeightsError(f"{path} is no intact safetensors file ({error}). Fetch it again.") from error


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        held = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path} holds something other than tensors, or is no checkpoint at all; nothing in it was run. "
            "Fetch it again from its publisher."
        ) from error
    except (RuntimeError, EOFError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(f"{path} is damaged or cut short ({reason}). Fetch it again.") from error
    if not isinstance(held, Mapping) or not all(isinstance(value, Tensor) for value in held.values()):
        raise WeightsError(
            f"{path} holds no plain table of tensors. Save the network's state_dict alone from a training file."
        )
    return dict(held)


def save(network: nn.Module, config: Any, name: str, path: Path) -> None:
    """Writes a network's tensors and its config (a dataclass) as safetensors."""
    tensors = {key: value.detach().contiguous() for key, value in network.state_dict().items()}
    save_file(tensors, path, metadata={"network": name, "config": json.dumps(asdict(config))})


def config_from(metadata: Mapping[str, str], kind: type[ConfigT], name: str, path: Path) -> ConfigT:
    """The config in a file that ``save`` wrote. Raises ``WeightsError`` where it is none of this network's."""
    found = metadata.get("network")
    if found != name or "config" not in metadata:
        raise WeightsError(f"{path} holds {found or 'an unnamed network'}, not {name}. Give a file saved for {name}.")
    try:
        return _built(kind, json.loads(metadata["config"]))
    except (TypeError, ValueError) as error:
        raise WeightsError(
            f"The config in {path} is not {name}'s ({error}). Use the version that saved it."
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
        made[name] = tuple(value) if isinstance(value, list) else value
    return kind(**made)


def load_strictly(
    network: nn.Module, tensors: Mapping[str, Tensor], path: Path, *, name_of: Callable[[str], str] = str
) -> None:
    """Puts the tensors into a network that was built on the ``meta`` device; they stay memory-mapped.

    ``name_of`` turns our names into those that the file has, for messages.

    Raises ``WeightsError`` naming the tensors that are missing, extra or of another shape.
    """
    expected = network.state_dict()
    missing = [name_of(name) for name in expected if name not in tensors]
    extra = [name for name in tensors if name not in expected]
    reshaped = [
        f"{name_of(name)} is {tuple(tensors[name].shape)} instead of {tuple(value.shape)}"
        for name, value in expected.items()
        if name in tensors and tensors[name].shape != value.shape
    ]
    if missing or extra or reshaped:
        problems = (("missing", missing), ("extra", extra), ("of another shape", reshaped))
        told = "; ".join(f"{len(names)} {what}: {_listed(names)}" for what, names in problems if names)
        raise WeightsError(
            f"{path} does not fit this network of {len(expected)} tensors: {told}. Give the weights made for it."
        )
    cast = {
        name: tensors[name].to(value.dtype) if value.is_floating_point() else tensors[name]
        for name, value in expected.items()
    }
    network.load_state_dict(cast, assign=True)


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
