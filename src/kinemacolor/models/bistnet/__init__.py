"""BiSTNet: Semantic Image Prior Guided Bidirectional Temporal Feature Fusion (Yang et al., arXiv:2212.02268)."""

from pathlib import Path

import torch

from kinemacolor.models import checkpoint
from kinemacolor.models.bistnet import official
from kinemacolor.models.bistnet.colorizer import BiSTNetColorizer, BiSTNetSettings
from kinemacolor.models.bistnet.experts import experts_of, fill
from kinemacolor.models.bistnet.meb import SegmentationExpert
from kinemacolor.models.bistnet.network import BiSTNet, BiSTNetConfig
from kinemacolor.weights.tensors import load_strictly

__all__ = ["SETTINGS", "BiSTNet", "BiSTNetColorizer", "BiSTNetConfig", "BiSTNetSettings", "load", "save"]

SETTINGS = BiSTNetSettings()
"""The release's steps around the network, which suit the authors' weights."""

_NAME = "bistnet"


def load(
    path: Path,
    *,
    device: torch.device | None = None,
    dtype: torch.dtype | None = None,
    settings: BiSTNetSettings | None = None,
    segmentation: SegmentationExpert | None = None,
) -> BiSTNetColorizer:
    """BiSTNet with the authors' weights (``checkpoints.zip`` or the folder it unpacks to), or those of a ``save``.

    A folder may hold a file of ``save`` in place of the authors' networks, and the experts' files beside either.
    The authors' weights make the release's network, which is another than the paper's, with the release's steps
    after it; ``settings`` None suits either. Experts that are not there
    have stand-ins; the colorizer's ``notes`` say so. ``segmentation`` is an expert of the caller's own.

    Raises ``WeightsError`` where files are missing, damaged, or not exactly these networks'; it names the tensors.
    """
    with official.opened(path) as files:
        network = _own(files["network"]) if "network" in files else _released(files)
        chosen = device or next(network.parameters()).device
        experts = experts_of(files, network.config, chosen, segmentation=segmentation)
    return BiSTNetColorizer(
        network,
        experts.priors,
        experts.flow,
        settings=settings or (BiSTNetSettings() if network.config.gated else BiSTNetSettings.paper()),
        notes=experts.notes,
        device=chosen,
        dtype=dtype,
    )


def save(network: BiSTNet, path: Path) -> None:
    """Writes a network and its config as safetensors, for ``load``. Experts are not in it."""
    checkpoint.save(network, network.config, _NAME, path)


def _own(path: Path) -> BiSTNet:
    tensors, metadata = checkpoint.read(path)
    config = checkpoint.config_from(metadata, BiSTNetConfig, _NAME, path)
    network = checkpoint.network_of(BiSTNet, config, path)
    load_strictly(network, tensors, path)
    return network


def _released(files: dict[str, Path]) -> BiSTNet:
    network = BiSTNet(BiSTNetConfig.release())
    fill(network.features, files["features"], "features")
    fill(network.correspondence, files["correspondence"], "correspondence")
    fill(network.msrb, files["msrb"], "msrb")
    assert network.gates is not None
    fill(network.gates, files["gates"], "gates")
    return network
