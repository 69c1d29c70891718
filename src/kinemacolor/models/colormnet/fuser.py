"""How what belongs to the picture meets what belongs to one chroma plane (XMem's feature fusion, in the release).

The picture's part is the same for both planes. A convolution is linear, so it is computed once and added.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.winograd import Conv3x3, conv3x3


class GroupResBlock(nn.Module):
    """Two 3x3 convolutions, each after a ReLU, added to the input (itself through a 3x3 where channels change)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.skip = Conv3x3(inputs, outputs) if inputs != outputs else None
        self.conv1 = Conv3x3(inputs, outputs)
        self.conv2 = Conv3x3(outputs, outputs)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h w"]:
        """Features of the same size."""
        hidden = self.conv1(x, rectify=True)
        skip = x if self.skip is None else self.skip(x)
        return skip + self.conv2(hidden, rectify=True)

    def of_parts(
        self, image: Float[Tensor, "b c0 h w"], planes: Float[Tensor, "b p c1 h w"]
    ) -> Float[Tensor, "b*p c2 h w"]:
        """``forward`` of the image's channels followed by each plane's, without repeating the image's share."""
        assert self.skip is not None
        hidden = _conv_of_parts(self.conv1, image, planes, rectify=True)
        return _conv_of_parts(self.skip, image, planes) + self.conv2(hidden, rectify=True)


def _conv_of_parts(conv: Conv3x3, image: Tensor, planes: Tensor, *, rectify: bool = False) -> Tensor:
    shared = image.shape[1]
    of_image = conv3x3(image, conv.weight[:, :shared], conv.bias, rectify=rectify)
    of_planes = conv3x3(planes.flatten(0, 1), conv.weight[:, shared:], rectify=rectify)
    return (torch.unflatten(of_planes, 0, planes.shape[:2]) + of_image[:, None]).flatten(0, 1)


class AttentionGate(nn.Module):
    """CBAM (Woo et al., 2018): a gate per channel, then a gate per pixel."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.squeeze = nn.Linear(channels, max(1, channels // reduction))
        self.excite = nn.Linear(max(1, channels // reduction), channels)
        self.spatial = nn.Conv2d(2, 1, 7, padding=3)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """The gated map."""
        pooled = torch.stack((x.mean((-2, -1)), x.amax((-2, -1))))
        x = x * self.excite(F.relu(self.squeeze(pooled))).sum(0).sigmoid()[..., None, None]
        summary = torch.stack((x.amax(1), x.mean(1)), dim=1)
        return x * self.spatial(summary).sigmoid()


class Fuser(nn.Module):
    """One map of the image's features and each plane's."""

    def __init__(self, image_channels: int, plane_channels: int, outputs: int) -> None:
        super().__init__()
        self.first = GroupResBlock(image_channels + plane_channels, outputs)
        self.gate = AttentionGate(outputs)
        self.second = GroupResBlock(outputs, outputs)

    def forward(
        self, image: Float[Tensor, "b c0 h w"], planes: Float[Tensor, "b p c1 h w"]
    ) -> Float[Tensor, "b p c2 h w"]:
        """The fused map of each plane."""
        fused = self.first.of_parts(image, planes)
        return torch.unflatten(self.second(fused + self.gate(fused)), 0, planes.shape[:2])
