"""A tiny light network over a tiny trunk, with seeded weights."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from kinemacolor.layers.efficientnet_lite import EfficientNetLite, EfficientNetLiteConfig
from kinemacolor.models.base import Reference
from kinemacolor.models.deep_exemplar_lite import (
    DeepExemplarLite,
    EfficientNetFeatures,
    LightColorizationConfig,
    LightColorizationSubnet,
)


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


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


@pytest.fixture
def subnet() -> LightColorizationSubnet:
    torch.manual_seed(0)
    return LightColorizationSubnet(LightColorizationConfig.tiny()).eval()


@pytest.fixture
def trained() -> LightColorizationSubnet:
    """One whose every layer says something."""
    torch.manual_seed(1)
    subnet = LightColorizationSubnet(LightColorizationConfig.tiny())
    for parameter in subnet.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return subnet.eval()


@pytest.fixture
def network(trained: LightColorizationSubnet) -> DeepExemplarLite:
    features = EfficientNetFeatures(EfficientNetLite(EfficientNetLiteConfig.tiny()))
    made = DeepExemplarLite(LightColorizationConfig.tiny(), features)
    made.colorization.load_state_dict(trained.state_dict())
    return made.eval()
