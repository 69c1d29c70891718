"""The exemplar-conditioned color prior: a mixture over a*b* for each place, from a frame's look and its exemplars."""

from pathlib import Path

import torch

from kinemacolor.models import checkpoint
from kinemacolor.models.color_prior.config import ColorPriorConfig
from kinemacolor.models.color_prior.exemplars import Exemplars
from kinemacolor.models.color_prior.mixture import Mixture
from kinemacolor.models.color_prior.network import ColorPrior, Encoded
from kinemacolor.models.color_prior.shot import ShotPrior
from kinemacolor.weights.tensors import load_strictly

__all__ = [
    "WEIGHTS",
    "ColorPrior",
    "ColorPriorConfig",
    "Encoded",
    "Exemplars",
    "Mixture",
    "ShotPrior",
    "load_network",
    "save",
]

_NAME = "color-prior"
WEIGHTS = Path(__file__).with_name("permissive.safetensors")
"""The weights that come with the installation. docs/models/color-prior.md says from what they learned."""


def load_network(path: Path = WEIGHTS) -> ColorPrior:
    """The network in a file that ``save`` wrote, in eval mode.

    Raises ``WeightsError`` where it is no such file.
    """
    tensors, metadata = checkpoint.read(path)
    config = checkpoint.config_from(metadata, ColorPriorConfig, _NAME, path)
    if config == ColorPriorConfig():
        # not on the "meta" device: arithmetic of the construction would import torch's compiler there, 3 CPU seconds
        with torch.random.fork_rng(devices=[]):
            network = ColorPrior(config)
    else:
        network = checkpoint.network_of(ColorPrior, config, path)
    load_strictly(network, tensors, path)
    network.trunk.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network.eval()


def save(network: ColorPrior, path: Path) -> None:
    """Writes all of the network, its trunk too since it learns, and its config as safetensors."""
    checkpoint.save(network, network.config, _NAME, path)
