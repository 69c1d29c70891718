"""Weights files read as tensors, without running anything that is in them."""

import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from kinemacolor.errors import WeightsError
from kinemacolor.weights.download import refuse_html

_NAMES_SHOWN = 5
_READ_ERRORS = (
    *(SafetensorError, RuntimeError, OSError, EOFError, LookupError, ValueError, AttributeError),
    *(TypeError, struct.error, zlib.error, zipfile.BadZipFile),
)


def read_tensors(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file or a torch checkpoint, by name, on the CPU. Nothing in the file is executed.

    A checkpoint may hold its tensors under ``state_dict``.

    Raises:
        WeightsError: missing, cut off, no weights, or a pickle that holds more than tensors.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"Weights file {path} does not exist. Give the path of a file that does.")
    refuse_html(path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        # mapped into memory rather than read, which only the zip format allows
        content = torch.load(path, weights_only=True, map_location="cpu", mmap=zipfile.is_zipfile(path))
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path} is damaged, or holds code beside tensors. It was refused and nothing in it was run. "
            "Take weights from their publisher, as safetensors or a plain torch checkpoint."
        ) from error
    except _READ_ERRORS as error:
        raise WeightsError(
            f"{path} is cut off, or no weights file: neither safetensors nor a torch checkpoint. Fetch it again."
        ) from error
    return _tensors_in(content, path)


def _tensors_in(content: object, path: Path) -> dict[str, Tensor]:
    if isinstance(content, dict) and isinstance(content.get("state_dict"), dict):
        content = content["state_dict"]
    if not isinstance(content, dict) or not content:
        raise WeightsError(f"{path} holds a {type(content).__name__} and no named tensors. Give a state dict.")
    others = [str(name) for name, value in content.items() if not isinstance(value, Tensor)]
    if others:
        raise WeightsError(f"{path} holds other things than tensors: {_some(others)}. Give a plain state dict.")
    return {str(name): value for name, value in content.items()}


def check_names(found: Mapping[str, Tensor], expected: Mapping[str, Tensor], path: str | Path) -> None:
    """Raises ``WeightsError`` that lists missing and extra tensors and wrong shapes, unless there are none."""
    shared = [name for name in expected if name in found and found[name].shape != expected[name].shape]
    shapes = [f"{name} {_shape(found[name])} instead of {_shape(expected[name])}" for name in shared]
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    kinds = {"missing": missing, "extra": extra, "of another shape": shapes}
    problems = [f"{len(names)} {kind} ({_some(names)})" for kind, names in kinds.items() if names]
    if problems:
        raise WeightsError(
            f"{path} belongs to another network: of {len(expected)} tensors {'; '.join(problems)}. "
            "Give the weights of this model, or choose the model of these weights."
        )


def load_strictly(
    network: nn.Module, tensors: Mapping[str, Tensor], path: Path, *, name_of: Callable[[str], str] = str
) -> None:
    """Puts the tensors of a file into a network, which may have been built on the ``meta`` device.

    They take the place of the network's own, in its dtypes, and stay memory-mapped where they are. ``name_of`` turns
    our names into those that the file has, for messages.

    Raises ``WeightsError`` naming the tensors that are missing, extra or of another shape.
    """
    expected = network.state_dict()
    check_names(
        {name_of(name): tensor for name, tensor in tensors.items()},
        {name_of(name): tensor for name, tensor in expected.items()},
        path,
    )
    cast = {
        name: tensors[name].to(value.dtype) if value.is_floating_point() else tensors[name]
        for name, value in expected.items()
    }
    network.load_state_dict(cast, assign=True)


def _some(names: list[str]) -> str:
    more = f", and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return ", ".join(names[:_NAMES_SHOWN]) + more


def _shape(tensor: Tensor) -> str:
    return "x".join(str(side) for side in tensor.shape) or "scalar"
