from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from skimage import data

from kinemacolor.metrics.classifier import VGG19Classifier, agrees, efficientnet_lite, middle_square


def test_a_cat_is_an_egyptian_cat() -> None:
    """scikit-image's cat, ImageNet class 285."""
    picture = torch.from_numpy(data.cat().copy()).permute(2, 0, 1).contiguous()
    scores = efficientnet_lite()(picture)
    assert 281 <= int(scores.argmax()) <= 287
    assert agrees(scores, scores, among=1)


def test_agreement_asks_for_the_truths_first_class() -> None:
    truth = torch.tensor([0.0, 5.0, 1.0, 2.0, 0.5, 0.4, 0.3])
    other = torch.tensor([9.0, 3.0, 8.0, 7.0, 6.0, 0.0, 0.0])
    assert agrees(truth, truth, among=1)
    assert not agrees(other, truth, among=1)
    assert agrees(other, truth, among=5)
    other[1] = -1
    assert not agrees(other, truth, among=5)


def test_the_middle_square_keeps_seven_eighths_of_the_shorter_side() -> None:
    picture = torch.zeros(3, 256, 512, dtype=torch.uint8)
    picture[:, 16:240, 144:368] = 255
    assert middle_square(picture).shape == (3, 224, 224)
    assert middle_square(picture).min() == 1
    picture[:, 15:241, 143:369] = 0
    assert middle_square(picture).max() == 0


def test_vgg19_equals_its_layers_in_order_and_has_the_published_number_of_parameters(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = VGG19Classifier(width=4, hidden=16, classes=7)
    weights = network.state_dict()
    picture = torch.randint(0, 256, (3, 256, 256), dtype=torch.uint8)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = ((picture[:, 16:240, 16:240].float() / 255 - mean[:, None, None]) / deviation[:, None, None])[None]
    index = 0
    for count in (2, 2, 4, 4, 4):
        for _ in range(count):
            x = F.relu(F.conv2d(x, weights[f"features.{index}.weight"], weights[f"features.{index}.bias"], padding=1))
            index += 2
        x, index = F.max_pool2d(x, 2), index + 1
    x = x.flatten(1)
    for index in (0, 3, 6):
        x = F.linear(x, weights[f"classifier.{index}.weight"], weights[f"classifier.{index}.bias"])
        x = F.relu(x) if index < 6 else x
    assert torch.allclose(network(picture), x[0], atol=1e-6)
    with torch.device("meta"):
        full = VGG19Classifier()
    assert sum(p.numel() for p in full.parameters()) == 143_667_240  # torchvision's documentation


@pytest.mark.parametrize("size", [(20, 30), (480, 854)])
def test_any_size_can_be_classified(size: tuple[int, int]) -> None:
    picture = torch.full((3, *size), 128, dtype=torch.uint8)
    assert efficientnet_lite()(picture).shape == (1000,)
