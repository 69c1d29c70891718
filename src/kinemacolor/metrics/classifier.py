"""Accuracy of a classifier on colored pictures, by which Deep Exemplar's Table 1 measures colors (VGG19).

Films have no labels, so a picture is right where the class that its true colors get is its first, or among its
first five.
"""

from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.frames import RGB
from kinemacolor.layers.efficientnet_lite import load_classifier
from kinemacolor.metrics.backbones import load_published

INPUT_PX = 224
_GROUPS = ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Classify = Callable[[RGB], Float[Tensor, " classes"]]
"""The score of each class for an 8-bit picture."""


class VGG19Classifier(nn.Module):
    """VGG19 with its classes (Simonyan and Zisserman, 2014, configuration E), named as in torchvision's file."""

    def __init__(self, *, width: int = 64, hidden: int = 4096, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 3
        for count, channels in _GROUPS:
            for _ in range(count):
                layers += [nn.Conv2d(inputs, channels * width // 64, 3, padding=1), nn.ReLU()]
                inputs = channels * width // 64
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        places = (INPUT_PX // 32) ** 2
        self.classifier = nn.Sequential(
            nn.Linear(inputs * places, hidden), nn.ReLU(), nn.Dropout(),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(),
            nn.Linear(hidden, classes),
        )  # fmt: skip
        self.requires_grad_(False).eval()

    @classmethod
    def load(cls, path: Path) -> "VGG19Classifier":
        """From torchvision's file. Raises ``WeightsError`` where it is another's."""
        model = cls()
        load_published(model, path)
        return model

    @torch.inference_mode()
    def forward(self, picture: RGB) -> Float[Tensor, " classes"]:
        """Logits of an 8-bit picture: its middle square at 224 px a side."""
        mean, deviation = (torch.tensor(values)[:, None, None] for values in (_MEAN, _DEVIATION))
        x = (middle_square(picture) - mean) / deviation
        return self.classifier(self.features(x[None]).flatten(1))[0]


def middle_square(picture: RGB) -> Float[Tensor, "3 224 224"]:
    """The picture's middle 7/8 of its shorter side (256 to 224 px, as ImageNet is tested), 0..1."""
    height, width = picture.shape[-2:]
    side = max(1, round(min(height, width) * INPUT_PX / 256))
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[:, top : top + side, left : left + side][None].float() / 255
    return F.interpolate(square, (INPUT_PX, INPUT_PX), mode="bilinear", antialias=True)[0]


def efficientnet_lite() -> Classify:
    """EfficientNet-Lite0's classifier, which comes with the installation."""
    network = load_classifier(input_channels=3).requires_grad_(False)

    @torch.inference_mode()
    def classify(picture: RGB) -> Float[Tensor, " classes"]:
        return network(100 * middle_square(picture)[None])[0]

    return classify


def agrees(scores: Float[Tensor, " classes"], truth: Float[Tensor, " classes"], *, among: int) -> bool:
    """Whether the truth's first class is among the first ``among`` of the picture's."""
    return bool((scores.topk(among).indices == truth.argmax()).any())
