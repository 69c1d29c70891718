"""ColorMNet-lite, the compact default: memory of the exemplars, flow and a small decoder over EfficientNet-Lite0."""

from pathlib import Path

import torch

from kinemacolor.models import checkpoint
from kinemacolor.models.colormnet_lite.colorizer import ColorMNetLiteColorizer, LiteSettings, LiteState
from kinemacolor.models.colormnet_lite.config import ColorMNetLiteConfig
from kinemacolor.models.colormnet_lite.network import ColorMNetLite
from kinemacolor.models.matching import fast_dtype

__all__ = [
    "ColorMNetLite",
    "ColorMNetLiteColorizer",
    "ColorMNetLiteConfig",
    "LiteSettings",
    "LiteState",
    "load",
    "load_network",
    "save",
]

_NAME = "colormnet-lite"


def load(
    path: Path | None = None,
    *,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    settings: LiteSettings | None = None,
) -> ColorMNetLiteColorizer:
    """The model of a file, ready to colour; without one the trunk as published and a decoder that changes nothing.

    ``device`` None takes a GPU if there is one. ``dtype`` is the precision of the trunk and of matching; None takes
    bfloat16 where the processor computes in it, else float32. Raises ``WeightsError`` where it is no such file.
    """
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    network = load_network(path) if path is not None else ColorMNetLite.with_imagenet_trunk()
    return ColorMNetLiteColorizer(network, settings=settings, device=place, dtype=dtype or fast_dtype(place))


def load_network(path: Path) -> ColorMNetLite:
    """The network in a file that ``save`` wrote. Raises ``WeightsError`` where it is no such file."""
    tensors, metadata = checkpoint.read(path)
    config = checkpoint.config_from(metadata, ColorMNetLiteConfig, _NAME, path)
    with torch.device("meta"):
        network = ColorMNetLite(config)
    checkpoint.load_strictly(network, tensors, path)
    return network


def save(network: ColorMNetLite, path: Path) -> None:
    """Writes a network and its config as safetensors, for ``load``; in float16 where the network is."""
    checkpoint.save(network, network.config, _NAME, path)
