"""Deep Exemplar's architecture in small: ImageNet features, and a light colorization subnet of our own."""

from pathlib import Path

import torch

from kinemacolor.models import checkpoint
from kinemacolor.models.deep_exemplar.colorizer import DeepExemplarColorizer, DeepExemplarSettings
from kinemacolor.models.deep_exemplar_lite.colorization import LightColorizationConfig, LightColorizationSubnet
from kinemacolor.models.deep_exemplar_lite.features import EfficientNetFeatures
from kinemacolor.models.deep_exemplar_lite.network import DeepExemplarLite
from kinemacolor.weights.tensors import check_names, load_strictly

__all__ = [
    "SETTINGS",
    "WEIGHTS",
    "DeepExemplarLite",
    "EfficientNetFeatures",
    "LightColorizationConfig",
    "LightColorizationSubnet",
    "load",
    "load_network",
    "load_subnet",
    "save",
]

SETTINGS = DeepExemplarSettings(temperature=0.03, saturation=1.0, smoothing=None)
"""The paper's steps around the network: no filter, no gain."""

WEIGHTS = Path(__file__).with_name("weights.safetensors")
"""The subnet that is installed. docs/models/deep-exemplar.md says what it learnt from."""

_NAME = "deep-exemplar-lite"


def load(
    path: Path | None = None,
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
    settings: DeepExemplarSettings | None = None,
) -> DeepExemplarColorizer:
    """The model of a file, or of the weights installed, ready to color. Raises as ``load_network`` does."""
    network = load_network(path or WEIGHTS)
    return DeepExemplarColorizer(network, settings=settings or SETTINGS, device=device, dtype=dtype)


def load_network(path: Path) -> DeepExemplarLite:
    """The network with a colorization subnet that ``save`` wrote, over the published features.

    Raises ``WeightsError`` as ``load_subnet`` does, and where the features' package is not installed.
    """
    subnet = load_subnet(path)
    network = DeepExemplarLite(subnet.config)
    network.colorization = subnet
    return network


def load_subnet(path: Path) -> LightColorizationSubnet:
    """The colorization subnet alone, which the spatiotemporal model can have for its refinement.

    Raises ``WeightsError`` where the file is missing, damaged, or not this network's.
    """
    tensors, metadata = checkpoint.read(path)
    config = checkpoint.config_from(metadata, LightColorizationConfig, _NAME, path)
    check_names(tensors, checkpoint.network_of(LightColorizationSubnet, config, path).state_dict(), path)
    subnet = LightColorizationSubnet(config)  # not on "meta": a buffer of its own is in no file
    load_strictly(subnet, tensors, path)
    return subnet


def save(network: DeepExemplarLite, path: Path) -> None:
    """Writes the colorization subnet and its config as safetensors; the features have their own package."""
    checkpoint.save(network.colorization, network.config, _NAME, path)
