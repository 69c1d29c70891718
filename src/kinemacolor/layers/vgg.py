"""VGG19's convolutions up to relu5_2, the features in which Deep Exemplar and BiSTNet compare pictures.

Simonyan and Zisserman, 2014 (arXiv:1409.1556), configuration E. Convolutions bear the names that the layers have in
Caffe's file, from which the authors' ``vgg19_conv.pth`` comes; what that file has beyond relu5_2 is not built.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

_GROUPS = ((1, 2), (2, 2), (4, 4), (8, 4), (8, 2))
"""Channels, in units of the first group's, and number of 3x3 convolutions of each group; the fifth is cut."""

BEYOND = frozenset(f"conv5_{number}.{kind}" for number in (3, 4) for kind in ("weight", "bias"))
"""Tensors of the published file that lie beyond relu5_2."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Preparation of a picture (RGB, 0..1) before the first convolution.

    ``means`` are subtracted, in the order R, G, B; the rest is multiplied by ``scale``; ``bgr`` swaps the channels.
    """

    means: tuple[float, float, float]
    scale: tuple[float, float, float]
    bgr: bool


CAFFE = Preprocessing((0.48501961, 0.45795686, 0.40760392), (255.0, 255.0, 255.0), bgr=True)
"""As Caffe's weights want it, and the authors' releases do."""

TORCHVISION = Preprocessing((0.485, 0.456, 0.406), (1 / 0.229, 1 / 0.224, 1 / 0.225), bgr=False)
"""As the weights that torchvision publishes want it."""


class VGGMaps(NamedTuple):
    """The last map that is used of each group, after the ReLU, from stride 1 to stride 16."""

    relu1_2: Float[Tensor, "b c1 h1 w1"]
    relu2_2: Float[Tensor, "b c2 h2 w2"]
    relu3_2: Float[Tensor, "b c3 h4 w4"]
    relu4_2: Float[Tensor, "b c4 h8 w8"]
    relu5_2: Float[Tensor, "b c5 h16 w16"]


class VGG19(nn.Module):
    """The network. ``width`` is the first group's channels, 64 but in tests."""

    def __init__(self, *, width: int = 64, preprocessing: Preprocessing = CAFFE) -> None:
        super().__init__()
        self.preprocessing = preprocessing
        self.channels = tuple(units * width for units, _ in _GROUPS)
        inputs = 3
        for group, (outputs, (_, count)) in enumerate(zip(self.channels, _GROUPS), 1):
            for number, (i, o) in enumerate(pairwise([inputs, *[outputs] * count]), 1):
                self.add_module(f"conv{group}_{number}", nn.Conv2d(i, o, 3, padding=1))
            inputs = outputs

    def prepared(self, rgb: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b 3 h w"]:
        """The picture as the first convolution takes it."""
        means, scale = (
            torch.tensor(values).to(rgb)[:, None, None]
            for values in (self.preprocessing.means, self.preprocessing.scale)
        )
        x = (rgb - means) * scale
        return x.flip(1) if self.preprocessing.bgr else x

    def forward(self, rgb: Float[Tensor, "b 3 h w"]) -> VGGMaps:
        """Maps of pictures (RGB, 0..1; a gray one is given three times). Each halves the size, rounded down."""
        x = self.prepared(rgb)
        maps = []
        for group, (_, count) in enumerate(_GROUPS, 1):
            x = F.max_pool2d(x, 2) if group > 1 else x
            for number in range(1, count + 1):
                x = F.relu(self.get_submodule(f"conv{group}_{number}")(x))
                if number == 2:
                    maps.append(x)
        return VGGMaps(*maps)
