"""A tiny ColorMNet with seeded weights, and a shot of moving texture."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet import ColorMNet, ColorMNetColorizer, ColorMNetConfig, MemoryPolicy

POLICY = MemoryPolicy(
    write_every_frames=2, working_max_frames=4, working_min_frames=2, prototypes_tokens=4, long_term_max_tokens=10
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """A second thread costs a tiny network more than it brings, a hundred times more on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def network() -> ColorMNet:
    torch.manual_seed(0)
    return ColorMNet(ColorMNetConfig.tiny()).eval()


@pytest.fixture(scope="session")
def colorizer(network: ColorMNet) -> ColorMNetColorizer:
    return ColorMNetColorizer(network, policy=POLICY)


@pytest.fixture(scope="session")
def shot() -> tuple[Tensor, Tensor]:
    """Lumas ``20 1 40 56`` and their true chromas, of a texture that moves."""
    generator = torch.Generator().manual_seed(3)
    coarse = torch.rand(1, 3, 12, 16, generator=generator)
    canvas = torch.nn.functional.interpolate(coarse, (80, 100), mode="bicubic")[0]
    frames = torch.stack([canvas[:, t : t + 40, 2 * t : 2 * t + 56] for t in range(20)])
    return (100 * frames[:, :1]).clamp(0, 100), 80 * (frames[:, 1:] - 0.5)


@pytest.fixture(scope="session")
def first_frame(shot: tuple[Tensor, Tensor]) -> Reference:
    luma, chroma = shot
    return Reference(luma[0], chroma[0], index=0)
