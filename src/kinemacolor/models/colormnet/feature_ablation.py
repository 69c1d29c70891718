"""The paper's stand-ins for PVGFE, to see what it is worth (ColorMNet, Table 3, Figures 5 and 6).

The paper does not say how DINOv2's map reaches the finer strides, nor how the two are brought to equal channels where
they are joined: here the map is upsampled, and a 1x1 convolution does the rest.
"""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.dinov2 import DINOv2Config
from kinemacolor.layers.resnet import ResNet, ResNetConfig
from kinemacolor.models.colormnet.pvgfe import PVGFE, GlobalBranch, ImageFeatures

FeatureKind = Literal["pvgfe", "resnet50", "dinov2", "concatenation"]
"""The feature extractor: the paper's own, either of its branches alone, or both joined."""


class Projected(nn.Module):
    """Maps of any sizes and channels, joined and brought to one size and so many channels by a 1x1 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.mix = nn.Conv2d(inputs, outputs, 1)

    def forward(self, size: tuple[int, int], *maps: Float[Tensor, "b _ _ _"]) -> Float[Tensor, "b c h w"]:
        """The map, not negative."""
        resized = [F.interpolate(each, size, mode="bilinear", align_corners=False) for each in maps]
        return F.relu(self.mix(torch.cat(resized, dim=1)))


class LocalAlone(nn.Module):
    """ResNet50's maps as they are."""

    def __init__(self, dino: DINOv2Config, resnet: ResNetConfig) -> None:
        super().__init__()
        self.local_branch = ResNet(resnet)

    def forward(self, luma: Float[Tensor, "b 1 h w"]) -> ImageFeatures:
        """The maps of a luma in -1..1."""
        stride4, stride8, stride16 = self.local_branch(luma)
        return ImageFeatures(stride16, stride8, stride4)


class GlobalAlone(nn.Module):
    """DINOv2's map at each stride."""

    def __init__(self, dino: DINOv2Config, resnet: ResNetConfig) -> None:
        super().__init__()
        self.global_branch = GlobalBranch(dino)
        inputs = self.global_branch.mix.out_channels
        self.project4, self.project8, self.project16 = (Projected(inputs, c) for c in resnet.channels)

    def forward(self, luma: Float[Tensor, "b 1 h w"]) -> ImageFeatures:
        """The maps of a luma in -1..1."""
        guide = self.global_branch(luma)
        height, width = guide.shape[-2:]
        return ImageFeatures(
            self.project16((height, width), guide),
            self.project8((2 * height, 2 * width), guide),
            self.project4((4 * height, 4 * width), guide),
        )


class Concatenation(nn.Module):
    """Both branches' maps, joined without discrimination."""

    def __init__(self, dino: DINOv2Config, resnet: ResNetConfig) -> None:
        super().__init__()
        self.global_branch, self.local_branch = GlobalBranch(dino), ResNet(resnet)
        inputs = self.global_branch.mix.out_channels
        self.project4, self.project8, self.project16 = (Projected(inputs + c, c) for c in resnet.channels)

    def forward(self, luma: Float[Tensor, "b 1 h w"]) -> ImageFeatures:
        """The maps of a luma in -1..1."""
        guide = self.global_branch(luma)
        stride4, stride8, stride16 = self.local_branch(luma)
        return ImageFeatures(
            self.project16(_size(stride16), stride16, guide),
            self.project8(_size(stride8), stride8, guide),
            self.project4(_size(stride4), stride4, guide),
        )


def _size(planes: Tensor) -> tuple[int, int]:
    return planes.shape[-2], planes.shape[-1]


ENCODERS: dict[FeatureKind, Callable[[DINOv2Config, ResNetConfig], nn.Module]] = {
    "pvgfe": PVGFE,
    "resnet50": LocalAlone,
    "dinov2": GlobalAlone,
    "concatenation": Concatenation,
}
"""Each extractor's module; ``dino`` and ``resnet`` say how large its branches are."""
