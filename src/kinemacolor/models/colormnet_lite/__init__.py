"""ColorMNet-lite, the compact default: memory of the exemplars, flow and a small decoder over EfficientNet-Lite0."""

from pathlib import Path

import torch

from kinemacolor.models.colormnet import checkpoint
from kinemacolor.models.colormnet_lite.colorizer import ColorMNetLiteColorizer, LiteSettings, LiteState
from kinemacolor.models.colormnet_lite.config import ColorMNetLiteConfig
from kinemacolor.models.colormnet_lite.network import ColorMNetLite

__all__ = [
    "ColorMNetLite",
    "ColorMNetLiteColorizer",
    "ColorMNetLiteConfig",
    "LiteSettings",
    "LiteState",
    "load_network",
    "save",
]

_NAME = "colormnet-lite"


def load_network(path: Path) -> ColorMNetLite:
    """The network in a file that ``save`` wrote. Raises ``WeightsError`` where it is no such file."""
    tensors, metadata = checkpoint.read(path)
    config = checkpoint.config_from(metadata, ColorMNetLiteConfig, _NAME, path)
    with torch.device("meta"):
        network = ColorMNetLite(config)
    checkpoint.load_strictly(network, tensors, path)
    return network


def save(network: ColorMNetLite, path: Path) -> None:
    """Writes a network and its config as safetensors, for ``load``."""
    checkpoint.save(network, network.config, _NAME, path)
