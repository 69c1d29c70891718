"""The light image encoder: EfficientNet-Lite in place of both DINOv2 and ResNet50, joined in one of five ways.

One trunk is both branches, since DINOv2's weights cannot be had everywhere: strides 4, 8 and 16 are the local one;
stride 32 is the global one, which knows most of what things are and least of where. Their joining is what can be
ablated as in the paper (ColorMNet, Table 3). ``"merged"`` is not the paper's: from coarse to fine, by addition.
"""

from collections.abc import Callable
from typing import Literal

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.efficientnet_lite import EfficientNetLite, EfficientNetLiteConfig
from kinemacolor.models.colormnet.feature_ablation import Projected
from kinemacolor.models.colormnet.pvgfe import FusionBlock, ImageFeatures

SmallFeatures = Literal["merged", "pvgfe", "local", "global", "concatenation"]
"""How the maps come about: ``"merged"``, by PVGFE's fusion blocks, or by the paper's three other ways."""

_GLOBAL = 32


class Merge(nn.Module):
    """A trunk's map and the coarser map from above, in ``outputs`` channels."""

    def __init__(self, above: int, inputs: int, outputs: int) -> None:
        super().__init__()
        self.from_above = nn.Conv2d(above, outputs, 1)
        self.lateral = nn.Conv2d(inputs, outputs, 1)

    def forward(
        self, above: Float[Tensor, "b c0 h0 w0"], lateral: Float[Tensor, "b c1 h w"]
    ) -> Float[Tensor, "b c h w"]:
        """The joined map, not negative, of the trunk map's size."""
        # channels are mixed at the small size: upsampling commutes with that
        upsampled = F.interpolate(self.from_above(above), scale_factor=2, mode="bilinear", align_corners=False)
        return F.relu(upsampled + self.lateral(lateral))


class MergedMaps(nn.Module):
    """Each stride's map is aware of the coarser ones."""

    def __init__(self, of_stride: dict[int, int], channels: tuple[int, int, int]) -> None:
        super().__init__()
        channels16, channels8, channels4 = channels
        self.merge16 = Merge(of_stride[_GLOBAL], of_stride[16], channels16)
        self.merge8 = Merge(channels16, of_stride[8], channels8)
        self.merge4 = Merge(channels8, of_stride[4], channels4)

    def forward(self, maps: dict[int, Tensor]) -> ImageFeatures:
        """The three maps of a trunk's."""
        stride16 = self.merge16(maps[_GLOBAL], maps[16])
        stride8 = self.merge8(stride16, maps[8])
        return ImageFeatures(stride16, stride8, self.merge4(stride8, maps[4]))


class FusedMaps(nn.Module):
    """PVGFE: at each stride the global map attends to the local one, channel by channel (Eq. 1 and 2)."""

    def __init__(self, of_stride: dict[int, int], channels: tuple[int, int, int]) -> None:
        super().__init__()
        strides = (16, 8, 4)
        self.local = nn.ModuleList(nn.Conv2d(of_stride[s], c, 1) for s, c in zip(strides, channels))
        self.fuse = nn.ModuleList(FusionBlock(of_stride[_GLOBAL], c) for c in channels)

    def forward(self, maps: dict[int, Tensor]) -> ImageFeatures:
        """The three maps of a trunk's."""
        locals_ = [project(maps[stride]) for project, stride in zip(self.local, (16, 8, 4))]
        return ImageFeatures(*(fuse(maps[_GLOBAL], local) for fuse, local in zip(self.fuse, locals_)))


class PlainMaps(nn.Module):
    """The local map, the global map, or both concatenated, through a 1x1 convolution."""

    def __init__(
        self, of_stride: dict[int, int], channels: tuple[int, int, int], *, local: bool, guide: bool
    ) -> None:
        super().__init__()
        self.takes_local, self.takes_guide = local, guide
        shared = of_stride[_GLOBAL] if guide else 0
        self.project = nn.ModuleList(
            Projected((of_stride[s] if local else 0) + shared, c) for s, c in zip((16, 8, 4), channels)
        )

    def forward(self, maps: dict[int, Tensor]) -> ImageFeatures:
        """The three maps of a trunk's."""
        found = []
        for project, stride in zip(self.project, (16, 8, 4)):
            size = (maps[stride].shape[-2], maps[stride].shape[-1])
            taken = [maps[stride]] if self.takes_local else []
            found.append(project(size, *taken, *([maps[_GLOBAL]] if self.takes_guide else [])))
        return ImageFeatures(*found)


_JOINING: dict[SmallFeatures, Callable[[dict[int, int], tuple[int, int, int]], nn.Module]] = {
    "merged": MergedMaps,
    "pvgfe": FusedMaps,
    "local": lambda of_stride, channels: PlainMaps(of_stride, channels, local=True, guide=False),
    "global": lambda of_stride, channels: PlainMaps(of_stride, channels, local=False, guide=True),
    "concatenation": lambda of_stride, channels: PlainMaps(of_stride, channels, local=True, guide=True),
}


class LiteEncoder(nn.Module):
    """Maps at strides 16, 8 and 4 of a luma."""

    def __init__(
        self, trunk: EfficientNetLiteConfig, channels: tuple[int, int, int], features: SmallFeatures = "merged"
    ) -> None:
        super().__init__()
        self.trunk = EfficientNetLite(trunk)
        self.join = _JOINING[features](self.trunk.channels, channels)

    def forward(self, luma: Float[Tensor, "b 1 h w"]) -> ImageFeatures:
        """Maps of a luma in -1..1, both sides multiples of 32."""
        maps: ImageFeatures = self.join(self.trunk(50 * luma + 50))
        return maps
