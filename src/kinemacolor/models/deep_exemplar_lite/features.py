"""EfficientNet-Lite0's features of the luma alone, learnt from ImageNet, in place of VGG19 and N."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.frames import Luma
from kinemacolor.layers.efficientnet_lite import EfficientNetLite, load_trunk

STRIDE = 4
"""Pixels of the working size per position of the grid."""

_LEVELS = (4, 8, 16)


class EfficientNetFeatures(nn.Module):
    """Strides 4, 8 and 16, brought to stride 4; their trunk is never trained.

    Each level is centered and of unit length at each position before they are joined, so that each counts alike.
    """

    def __init__(self, trunk: EfficientNetLite | None = None) -> None:
        super().__init__()
        self.trunk = (trunk or load_trunk(last_stride=max(_LEVELS))).fold().requires_grad_(False)
        self.multiple = (8, 8)

    def forward(self, luma: Luma) -> Float[Tensor, "c h4 w4"]:
        """176 channels with the published trunk, in float32."""
        maps = self.trunk(luma[None])
        size = maps[STRIDE].shape[-2:]
        levels = [maps[stride].float() for stride in _LEVELS]
        centered = [level - level.mean((2, 3), keepdim=True) for level in levels]
        fitted = [F.interpolate(level, size, mode="bilinear", align_corners=False) for level in centered]
        return torch.cat([F.normalize(level, dim=1) for level in fitted], dim=1)[0]
