"""The value encoder: what memory keeps of a colored frame (ColorMNet, Eq. 3d and 3e).

In ColorMNet both chroma planes pass through the same weights, each with the other beside it. With one plane they
pass together.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.resnet import ResNet, ResNetConfig
from kinemacolor.models.colormnet.fuser import Fuser
from kinemacolor.models.colormnet.sensory import SensoryUpdate


def plane_inputs(
    luma: Float[Tensor, "b 1 h w"], chroma: Float[Tensor, "b 2 h w"], planes: int
) -> Float[Tensor, "b p 3 h w"]:
    """For each of two planes: luma, this chroma plane, the other. For one plane: luma, a*, b*."""
    orders = (chroma, chroma.flip(1))[:planes]
    return torch.stack([torch.cat((luma, order), 1) for order in orders], dim=1)


class ValueEncoder(nn.Module):
    """A ResNet (in ColorMNet ResNet18) of luma and chroma, fused with the frame's features at stride 16."""

    def __init__(
        self, trunk: ResNetConfig, image_channels: int, value_channels: int, hidden_channels: int, planes: int = 2
    ) -> None:
        super().__init__()
        self.planes = planes
        self.trunk = ResNet(trunk)
        self.fuser = Fuser(image_channels, trunk.channels[-1], value_channels)
        self.deep_update = SensoryUpdate(value_channels, hidden_channels)

    def forward(
        self,
        luma: Float[Tensor, "b 1 h w"],
        chroma: Float[Tensor, "b 2 h w"],
        features: Float[Tensor, "b c h16 w16"],
    ) -> Float[Tensor, "b p v h16 w16"]:
        """The value of a frame; luma in -1..1, chroma in a*b* / 110."""
        planes = plane_inputs(luma, chroma, self.planes)
        encoded = torch.unflatten(self.trunk(planes.flatten(0, 1))[-1], 0, planes.shape[:2])
        return self.fuser(features, encoded)
