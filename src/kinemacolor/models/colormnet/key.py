"""Key, shrinkage and selection of a frame (ColorMNet, Eq. 3a to 3c; the latter two are XMem's, in the release)."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.winograd import conv3x3
from kinemacolor.models.kept import kept_as


@kept_as("colormnet-key")
@dataclass(frozen=True, slots=True)
class Key:
    """How a frame is found in memory, and how it looks for others.

    ``shrinkage`` (1 or more) says how sharply a token in memory answers, ``selection`` (0..1) which channels the
    query asks for.
    """

    key: Float[Tensor, "b k h w"]
    shrinkage: Float[Tensor, "b 1 h w"]
    selection: Float[Tensor, "b k h w"]


class KeyProjection(nn.Module):
    """Three 3x3 convolutions of the map at stride 16, run as one."""

    def __init__(self, channels: int, key_channels: int) -> None:
        super().__init__()
        self.key = nn.Conv2d(channels, key_channels, 3, padding=1)
        self.shrinkage = nn.Conv2d(channels, 1, 3, padding=1)
        self.selection = nn.Conv2d(channels, key_channels, 3, padding=1)

    def forward(self, features: Float[Tensor, "b c h w"]) -> Key:
        """The key, with shrinkage and selection in fp32."""
        convs = (self.key, self.shrinkage, self.selection)
        weight, bias = torch.cat([c.weight for c in convs]), torch.cat([c.bias for c in convs if c.bias is not None])
        projected = conv3x3(features, weight, bias).float()
        key, shrinkage, selection = torch.split(projected, [conv.out_channels for conv in convs], dim=1)
        return Key(key, shrinkage.square() + 1, selection.sigmoid())
