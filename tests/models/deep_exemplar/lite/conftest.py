"""A tiny light network over a tiny trunk, with seeded weights."""

from collections.abc import Iterator

import pytest
import torch

from kinemacolor.layers.efficientnet_lite import EfficientNetLite, EfficientNetLiteConfig
from kinemacolor.models.deep_exemplar.lite import (
    DeepExemplarLite,
    EfficientNetFeatures,
    LightColorizationConfig,
    LightColorizationSubnet,
)


@pytest.fixture(autouse=True)
def _no_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


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
