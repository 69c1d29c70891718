"""ColorMNet: A Memory-based Deep Spatial-Temporal Feature Propagation Network (Yang et al., ECCV 2024)."""

from collections.abc import Callable
from pathlib import Path

import torch

from kinemacolor.models import checkpoint
from kinemacolor.models.colormnet import official
from kinemacolor.models.colormnet.colorizer import ColorMNetColorizer, ColorMNetState
from kinemacolor.models.colormnet.network import ColorMNet, ColorMNetConfig
from kinemacolor.models.colormnet.policy import MemoryPolicy
from kinemacolor.models.colormnet.restriction import Restriction
from kinemacolor.weights.tensors import load_strictly

__all__ = [
    "SETTINGS",
    "ColorMNet",
    "ColorMNetColorizer",
    "ColorMNetConfig",
    "ColorMNetState",
    "MemoryPolicy",
    "load",
    "save",
]

SETTINGS = MemoryPolicy()
"""How memory behaves unless told otherwise."""

_NAME = "colormnet"


def load(
    path: Path,
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
    settings: MemoryPolicy | None = None,
    restriction: Callable[[], Restriction] | None = None,
) -> ColorMNetColorizer:
    """ColorMNet with the weights in a file: the authors' checkpoint (.pth or .safetensors), or one of ``save``.

    ``settings`` are how memory behaves, None as the network was trained; ``restriction`` says where it may be read.

    Raises ``WeightsError`` where the file is missing, damaged, or not exactly this network's; it names the tensors.
    """
    tensors, metadata = checkpoint.read(path)
    ours = "network" in metadata
    if ours:
        config = checkpoint.config_from(metadata, ColorMNetConfig, _NAME, path)
    else:
        config, tensors = official.config_of(tensors, path), official.renamed(tensors)
    network = checkpoint.network_of(ColorMNet, config, path)
    load_strictly(network, tensors, path, name_of=str if ours else official.official_name)
    return ColorMNetColorizer(network, policy=settings, restriction=restriction, device=device, dtype=dtype)


def save(network: ColorMNet, path: Path) -> None:
    """Writes a network and its config as safetensors, for ``load``."""
    checkpoint.save(network, network.config, _NAME, path)
