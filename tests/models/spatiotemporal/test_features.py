"""Tests of the features that correspondence compares."""

import pytest
import torch

from kinemacolor.layers.efficientnet_lite import EfficientNetLite, EfficientNetLiteConfig
from kinemacolor.models.spatiotemporal.features import EfficientNetFeatures, Features
from kinemacolor.models.spatiotemporal.restricted_warp import centered


@pytest.mark.parametrize("size", [(8, 8), (48, 80), (216, 384)])
def test_the_grid_is_a_quarter_of_the_luma(size: tuple[int, int]) -> None:
    features = EfficientNetFeatures(EfficientNetLite(EfficientNetLiteConfig.tiny()))
    assert isinstance(features, Features)
    assert features(torch.rand(1, *size) * 100).shape[-2:] == (size[0] // 4, size[1] // 4)


def test_the_published_trunk_finds_a_shifted_texture() -> None:
    blobs = torch.rand(1, 1, 12, 24, generator=torch.Generator().manual_seed(0))
    world = 100 * torch.nn.functional.interpolate(blobs, (96, 192), mode="bicubic")[0].clamp(0, 1)
    features = EfficientNetFeatures()
    one, other = (centered(features(world[:, :, left : left + 128])) for left in (0, 32))
    assert one.shape == (24 * 32, 24 + 40 + 112)
    best = (one @ other.T).argmax(1).view(24, 32)
    # away from the borders the picture has moved eight cells to the left
    x = torch.arange(32) - best % 32
    assert float((x[6:18, 14:26] == 8).float().mean()) > 0.9
