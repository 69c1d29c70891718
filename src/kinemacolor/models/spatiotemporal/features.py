"""Phi of Eq. 4: what correspondence compares, from the luma alone, behind one interface."""

from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.frames import Luma
from kinemacolor.layers.efficientnet_lite import EfficientNetLite, load_trunk

STRIDE = 4
"""Pixels of the working size per position of the grid."""

_LEVELS = (4, 8, 16)


@runtime_checkable
class Features(Protocol):
    """Semantic features of a luma at stride 4; the grid is the luma's size over 4."""

    multiple: tuple[int, int]
    """What height and width of a luma must be multiples of, and at least."""

    def __call__(self, luma: Luma) -> Float[Tensor, "c h4 w4"]:
        """Features in float32, not normalised."""
        ...


class EfficientNetFeatures(nn.Module):
    """EfficientNet-Lite0, trained on ImageNet, in place of VGG19 and its trained heads: strides 4, 8 and 16.

    Each level is centred and of unit length at each position before they are joined, so that each counts alike.
    """

    def __init__(self, trunk: EfficientNetLite | None = None) -> None:
        super().__init__()
        self.trunk = (trunk or load_trunk(last_stride=max(_LEVELS))).fold()
        self.multiple = (8, 8)

    def forward(self, luma: Luma) -> Float[Tensor, "c h4 w4"]:
        """176 channels with the published trunk."""
        maps = self.trunk(luma[None])
        size = maps[STRIDE].shape[-2:]
        levels = [maps[stride].float() for stride in _LEVELS]
        centred = [level - level.mean((2, 3), keepdim=True) for level in levels]
        fitted = [F.interpolate(level, size, mode="bilinear", align_corners=False) for level in centred]
        return torch.cat([F.normalize(level, dim=1) for level in fitted], dim=1)[0]
