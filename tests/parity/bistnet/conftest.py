"""The authors' networks, with every tensor filled by the recipe, under our names."""

import gzip
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from seeded_weights import seeded_array
from torch import Tensor, nn

HERE = Path(__file__).parent
SEED = 1
GAINS = {
    "conv10_ab.weight": 0.15,
    "conv10_1.1.weight": 0.1,
    "conv9_1.1.weight": 0.3,
    "conv8_1.1.weight": 0.3,
    "netCombine.0.weight": 0.05,
    "flow_head.conv2.weight": 0.5,
}


@pytest.fixture(scope="session")
def official_shapes() -> dict[str, dict[str, tuple[int, ...]]]:
    """Names and shapes of the release's tensors, by the file they are in."""
    files = json.loads(gzip.decompress((HERE / "official_tensors.json.gz").read_bytes()))
    return {file: {name: tuple(shape) for name, shape in shapes.items()} for file, shapes in files.items()}


@pytest.fixture(scope="session")
def seeded() -> Callable[[str, tuple[int, ...]], Tensor]:
    """The tensor that an official name and a shape get by the recipe."""

    @cache
    def filled(name: str, shape: tuple[int, ...]) -> Tensor:
        return torch.as_tensor(seeded_array(name, shape, SEED, GAINS))

    return filled


@pytest.fixture(scope="session")
def fill(seeded: Callable[[str, tuple[int, ...]], Tensor]) -> Callable[[nn.Module, Callable[[str], str]], None]:
    """Fills a network by the recipe, given the official name of each of our tensors."""

    def into(network: nn.Module, official_name: Callable[[str], str]) -> None:
        for name, tensor in network.state_dict().items():
            tensor.copy_(seeded(official_name(name), tuple(tensor.shape)))
        network.eval()

    return into
