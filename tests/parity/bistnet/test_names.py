"""Every tensor of the release's files has its place in our networks, and every place its tensor."""

from collections.abc import Mapping

import pytest
import torch
from torch import nn

from kinemacolor.layers.hed import HED, our_name
from kinemacolor.models.bistnet.network import BiSTNet, BiSTNetConfig
from kinemacolor.models.bistnet.official import PARTS
from kinemacolor.models.bistnet.protoseg import ProtoSeg
from kinemacolor.models.bistnet.raft import RAFT

Shapes = dict[str, tuple[int, ...]]


@pytest.fixture(scope="module")
def networks() -> Mapping[str, nn.Module]:
    """What each of the release's files fills."""
    with torch.device("meta"):
        whole = BiSTNet(BiSTNetConfig.release())
        made = {"flow": RAFT(), "segmentation": ProtoSeg(), "edges": HED()}
    assert whole.gates is not None
    return made | {
        "features": whole.features,
        "correspondence": whole.correspondence,
        "msrb": whole.msrb,
        "gates": whole.gates,
    }


def shapes_of(network: nn.Module) -> Shapes:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


@pytest.mark.parametrize("part", [part for part in PARTS if part != "edges"])
def test_names_and_shapes_are_the_release_s(
    part: str, networks: Mapping[str, nn.Module], official_shapes: dict[str, Shapes]
) -> None:
    published = {f"module.{name}": torch.empty(shape, device="meta") for name, shape in official_shapes[part].items()}
    ours = {name: tuple(tensor.shape) for name, tensor in PARTS[part].renamed(published).items()}
    assert ours == shapes_of(networks[part])
    back = {PARTS[part].official_name(name) for name in ours}
    assert back <= official_shapes[part].keys()
    assert len(back) == len(ours)


def test_the_edge_network_s_too(networks: Mapping[str, nn.Module], official_shapes: dict[str, Shapes]) -> None:
    ours = {our_name(name): shape for name, shape in official_shapes["edges"].items()}
    assert ours == shapes_of(networks["edges"])


def test_the_third_u_net_that_the_release_leaves_unused_is_the_paper_s(official_shapes: dict[str, Shapes]) -> None:
    with torch.device("meta"):
        paper = BiSTNet(BiSTNetConfig.paper())
    named = {PARTS["msrb"].official_name(name): shape for name, shape in shapes_of(paper.msrb).items()}
    assert named.keys() == official_shapes["msrb"].keys()
    # 23 planes in place of 33
    unlike = {name for name, shape in named.items() if shape != official_shapes["msrb"][name]}
    assert unlike == {f"size{n}.conv1_1.0.weight" for n in (64, 128, 256)}
