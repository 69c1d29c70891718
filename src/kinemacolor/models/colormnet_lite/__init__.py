"""ColorMNet-lite, the compact default: memory of the exemplars, flow and a color prior over EfficientNet-Lite0."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from kinemacolor.models import checkpoint, color_prior
from kinemacolor.models.colormnet_lite.colorizer import ColorMNetLiteColorizer, LiteState
from kinemacolor.models.colormnet_lite.config import ColorMNetLiteConfig
from kinemacolor.models.colormnet_lite.network import ColorMNetLite, renamed
from kinemacolor.models.colormnet_lite.settings import LiteSettings
from kinemacolor.models.matching import fast_dtype
from kinemacolor.weights.tensors import load_strictly

__all__ = [
    "SETTINGS",
    "WEIGHTS",
    "ColorMNetLite",
    "ColorMNetLiteColorizer",
    "ColorMNetLiteConfig",
    "LiteSettings",
    "LiteState",
    "load",
    "load_network",
    "save",
]

SETTINGS = LiteSettings()
"""How the model behaves unless told otherwise."""

_NAME = "colormnet-lite"
_FORMER_FIELDS = {"guess_channels": "prior_channels", "judge_channels": "head_channels"}
WEIGHTS = Path(__file__).with_name("permissive.safetensors")
"""The default; ``all.safetensors`` beside it learnt from more. docs/models/colormnet-lite.md says from what."""


def load(
    path: Path | None = None,
    *,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    settings: LiteSettings | None = None,
) -> ColorMNetLiteColorizer:
    """The model of a file, or of the weights installed, ready to color.

    ``device`` None takes a GPU if there is one. ``dtype`` is the precision of the trunk and of matching; None takes
    bfloat16 where the processor computes in it, else float32. Raises ``WeightsError`` where it is no such file.
    """
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    settings = settings or SETTINGS
    prior = color_prior.load_network() if settings.prior == "exemplars" else None
    return ColorMNetLiteColorizer(
        load_network(path or WEIGHTS),
        color_prior=prior,
        settings=settings,
        device=place,
        dtype=dtype or fast_dtype(place),
    )


def load_network(path: Path = WEIGHTS) -> ColorMNetLite:
    """The network in a file that ``save`` wrote.

    Raises ``WeightsError`` where it is no such file, or where the package with the trunk's weights is missing.
    """
    tensors, metadata = checkpoint.read(path)
    tensors = renamed(tensors)
    config = checkpoint.config_from(metadata, ColorMNetLiteConfig, _NAME, path, former=_FORMER_FIELDS)
    if config.has_published_trunk:
        published = ColorMNetLite.with_imagenet_trunk(config).trunk.state_dict()
        tensors |= {f"trunk.{name}": value for name, value in published.items()}
    network = checkpoint.network_of(ColorMNetLite, config, path)
    load_strictly(network, tensors, path)
    return network


def save(network: ColorMNetLite, path: Path) -> None:
    """Writes what a network learnt and its config as safetensors, for ``load``; in float16 where the network is.

    EfficientNet-Lite0 is left out: it never learns, and has a package of its own.
    """
    tensors = {name: value.detach().contiguous() for name, value in network.learnt().items()}
    save_file(tensors, path, metadata=checkpoint.metadata_of(network.config, _NAME))
