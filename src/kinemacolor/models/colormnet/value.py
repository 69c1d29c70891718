"""The value encoder: what memory keeps of a coloured frame (ColorMNet, Eq. 3d and 3e).

Both chroma planes pass through the same weights, each with the other beside it.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.resnet import ResNet, ResNetConfig
from kinemacolor.models.colormnet.fuser import Fuser
from kinemacolor.models.colormnet.sensory import SensoryUpdate


def plane_inputs(luma: Float[Tensor, "b 1 h w"], chroma: Float[Tensor, "b 2 h w"]) -> Float[Tensor, "b 2 3 h w"]:
    """For each chroma plane: luma, this plane, the other plane."""
    return torch.stack((torch.cat((luma, chroma), 1), torch.cat((luma, chroma.flip(1)), 1)), dim=1)


class ValueEncoder(nn.Module):
    """ResNet18 of luma and chroma, fused with the frame's features at stride 16."""

    def __init__(self, trunk: ResNetConfig, image_channels: int, value_channels: int, hidden_channels: int) -> None:
        super().__init__()
        self.trunk = ResNet(trunk)
        self.fuser = Fuser(image_channels, trunk.channels[-1], value_channels)
        self.deep_update = SensoryUpdate(value_channels, hidden_channels)

    def forward(
        self,
        luma: Float[Tensor, "b 1 h w"],
        chroma: Float[Tensor, "b 2 h w"],
        features: Float[Tensor, "b c h16 w16"],
    ) -> Float[Tensor, "b 2 v h16 w16"]:
        """The value of a frame; luma in -1..1, chroma in a*b* / 110."""
        planes = plane_inputs(luma, chroma)
        encoded = torch.unflatten(self.trunk(planes.flatten(0, 1))[-1], 0, planes.shape[:2])
        return self.fuser(features, encoded)
