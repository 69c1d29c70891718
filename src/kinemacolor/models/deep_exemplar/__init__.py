"""Deep Exemplar-based Video Colorization (Zhang et al., CVPR 2019, arXiv:1906.09909)."""

from functools import partial
from pathlib import Path

import torch

from kinemacolor.models import checkpoint
from kinemacolor.models.deep_exemplar import official
from kinemacolor.models.deep_exemplar.colorizer import (
    DeepExemplarColorizer,
    DeepExemplarSettings,
    DeepExemplarState,
)
from kinemacolor.models.deep_exemplar.network import DeepExemplar, DeepExemplarConfig
from kinemacolor.weights.tensors import load_strictly

__all__ = [
    "SETTINGS",
    "DeepExemplar",
    "DeepExemplarColorizer",
    "DeepExemplarConfig",
    "DeepExemplarSettings",
    "DeepExemplarState",
    "load",
    "load_network",
    "save",
]

SETTINGS = DeepExemplarSettings()
"""The release's steps around the network."""

_NAME = "deep-exemplar"


def load(
    path: Path,
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
    settings: DeepExemplarSettings | None = None,
) -> DeepExemplarColorizer:
    """Deep Exemplar with the weights in a file, ready to color; see ``load_network``."""
    return DeepExemplarColorizer(load_network(path), settings=settings or SETTINGS, device=device, dtype=dtype)


def load_network(path: Path) -> DeepExemplar:
    """The network with the weights of the authors' archive (or the folder it unpacks to), or of one of ``save``.

    Raises ``WeightsError`` where the file is missing, damaged, or not exactly this network's; it names the tensors.
    """
    if path.suffix == ".safetensors":
        tensors, metadata = checkpoint.read(path)
        config = checkpoint.config_from(metadata, DeepExemplarConfig, _NAME, path)
        network = checkpoint.network_of(DeepExemplar, config, path)
        load_strictly(network, tensors, path)
        return network
    parts = official.read(path)
    with torch.device("meta"):
        network = DeepExemplar(DeepExemplarConfig())
    for part, tensors in parts.items():
        load_strictly(
            network.get_submodule(part),
            official.renamed(part, tensors),
            path / official.FILES[part],
            name_of=partial(official.official_name, part),
        )
    return network


def save(network: DeepExemplar, path: Path) -> None:
    """Writes a network and its config as safetensors, for ``load``."""
    checkpoint.save(network, network.config, _NAME, path)
