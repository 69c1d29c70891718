"""A tiny Deep Exemplar with seeded weights, and a shot of moving texture."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from kinemacolor.models.base import Reference
from kinemacolor.models.deep_exemplar import (
    DeepExemplar,
    DeepExemplarColorizer,
    DeepExemplarConfig,
    DeepExemplarSettings,
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """A second thread costs a tiny network more than it brings, a hundred times more on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def network() -> DeepExemplar:
    torch.manual_seed(0)
    return DeepExemplar(DeepExemplarConfig.tiny()).eval()


@pytest.fixture(scope="session")
def colorizer(network: DeepExemplar) -> DeepExemplarColorizer:
    return DeepExemplarColorizer(network, settings=DeepExemplarSettings(canvas=(64, 96)))


@pytest.fixture(scope="session")
def shot() -> tuple[Tensor, Tensor]:
    """Lumas ``6 1 60 90`` and their true chromas, of a texture that moves."""
    generator = torch.Generator().manual_seed(3)
    canvas = torch.nn.functional.interpolate(torch.rand(1, 3, 12, 18, generator=generator), (72, 108), mode="bicubic")
    frames = torch.stack([canvas[0, :, t : t + 60, 2 * t : 2 * t + 90] for t in range(6)])
    return (100 * frames[:, :1]).clamp(0, 100), 120 * (frames[:, 1:] - 0.5)


@pytest.fixture(scope="session")
def first(shot: tuple[Tensor, Tensor]) -> Reference:
    """The shot's first frame."""
    lumas, chromas = shot
    return Reference(lumas[0], chromas[0], 0)
