"""The light image encoder: EfficientNet-Lite instead of DINOv2 and ResNet50, its strides joined from coarse to fine.

What PVGFE's global branch does for ColorMNet, stride 32 does here: it reaches the finer maps from above.
"""

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.efficientnet_lite import EfficientNetLite, EfficientNetLiteConfig
from kinemacolor.models.colormnet.pvgfe import ImageFeatures


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


class LiteEncoder(nn.Module):
    """Maps at strides 16, 8 and 4 of a luma, each aware of the coarser ones."""

    def __init__(self, trunk: EfficientNetLiteConfig, channels: tuple[int, int, int]) -> None:
        super().__init__()
        self.trunk = EfficientNetLite(trunk)
        of_stride = self.trunk.channels
        channels16, channels8, channels4 = channels
        self.merge16 = Merge(of_stride[32], of_stride[16], channels16)
        self.merge8 = Merge(channels16, of_stride[8], channels8)
        self.merge4 = Merge(channels8, of_stride[4], channels4)

    def forward(self, luma: Float[Tensor, "b 1 h w"]) -> ImageFeatures:
        """Maps of a luma in -1..1, both sides multiples of 32."""
        maps = self.trunk(50 * luma + 50)
        stride16 = self.merge16(maps[32], maps[16])
        stride8 = self.merge8(stride16, maps[8])
        return ImageFeatures(stride16, stride8, self.merge4(stride8, maps[4]))
