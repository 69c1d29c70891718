"""A tiny BiSTNet with seeded weights, and a shot of moving texture."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from kinemacolor.models.base import Reference
from kinemacolor.models.bistnet import BiSTNet, BiSTNetColorizer, BiSTNetConfig, BiSTNetSettings
from kinemacolor.models.bistnet.flows import DISFlow
from kinemacolor.models.bistnet.meb import MixedExperts, NoSegmentation, gradient_edges

SETTINGS = BiSTNetSettings(size=(64, 64), smoothing=None)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """A second thread costs a tiny network more than it brings, a hundred times more on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def made(*, gated: bool, settings: BiSTNetSettings = SETTINGS) -> BiSTNetColorizer:
    torch.manual_seed(0)
    network = BiSTNet(BiSTNetConfig.tiny(gated=gated))
    experts = MixedExperts(gradient_edges, NoSegmentation(3), raw_luma=False)
    return BiSTNetColorizer(network, experts, DISFlow() if gated else None, settings=settings)


@pytest.fixture(scope="session")
def paper() -> BiSTNetColorizer:
    return made(gated=False)


@pytest.fixture(scope="session")
def release() -> BiSTNetColorizer:
    return made(gated=True)


@pytest.fixture(scope="session")
def shot() -> tuple[Tensor, Tensor]:
    """Lumas ``8 1 64 80`` and their true chromas, of a texture that moves."""
    generator = torch.Generator().manual_seed(3)
    canvas = torch.nn.functional.interpolate(torch.rand(1, 3, 12, 14, generator=generator), (80, 96), mode="bicubic")
    frames = torch.stack([canvas[0, :, t : t + 64, 2 * t : 2 * t + 80] for t in range(8)])
    return (100 * frames[:, :1]).clamp(0, 100), 120 * (frames[:, 1:] - 0.5)


@pytest.fixture(scope="session")
def ends(shot: tuple[Tensor, Tensor]) -> list[Reference]:
    """The shot's first and last frame."""
    lumas, chromas = shot
    return [Reference(lumas[0], chromas[0], 0), Reference(lumas[-1], chromas[-1], len(lumas) - 1)]
