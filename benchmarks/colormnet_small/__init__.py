"""ColorMNet-small: ColorMNet's memory, local attention and decoder over a trunk that a laptop can run.

It serves the ablations of ColorMNet (``ablations.py``) and has no trained weights to give away.
"""

from collections.abc import Callable
from pathlib import Path

import torch

from colormnet_small.colorizer import ColorMNetSmallColorizer
from colormnet_small.network import ColorMNetSmall, ColorMNetSmallConfig
from kinemacolor.models import checkpoint
from kinemacolor.models.colormnet.policy import MemoryPolicy
from kinemacolor.models.colormnet.restriction import Restriction
from kinemacolor.weights.tensors import load_strictly

__all__ = [
    "SETTINGS",
    "ColorMNetSmall",
    "ColorMNetSmallColorizer",
    "ColorMNetSmallConfig",
    "load",
    "load_network",
    "save",
]

SETTINGS = MemoryPolicy()
"""How memory behaves unless told otherwise."""

_NAME = "colormnet-small"


def load(
    path: Path,
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
    settings: MemoryPolicy | None = None,
    restriction: Callable[[], Restriction] | None = None,
) -> ColorMNetSmallColorizer:
    """ColorMNet-small with the weights in a file that ``save`` wrote, ready to color.

    Raises ``WeightsError`` where the file is missing, damaged, or not exactly this network's; it names the tensors.
    """
    network = load_network(path)
    return ColorMNetSmallColorizer(network, policy=settings, restriction=restriction, device=device, dtype=dtype)


def load_network(path: Path) -> ColorMNetSmall:
    """The network in a file that ``save`` wrote, for training. Raises ``WeightsError`` as ``load`` does."""
    tensors, metadata = checkpoint.read(path)
    config = checkpoint.config_from(metadata, ColorMNetSmallConfig, _NAME, path)
    with torch.device("meta"):
        network = ColorMNetSmall(config)
    load_strictly(network, tensors, path)
    return network


def save(network: ColorMNetSmall, path: Path) -> None:
    """Writes a network and its config as safetensors, for ``load``."""
    checkpoint.save(network, network.config, _NAME, path)
