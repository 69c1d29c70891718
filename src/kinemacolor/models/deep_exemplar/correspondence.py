"""N, the correspondence subnet: features of a frame and of an exemplar that can be compared (Section 3.2, Table 2).

Channels are those of the authors' release, where each branch ends in 64 (Table 2 has 256) and three residual blocks
follow (Table 2; the text says four). Comparing itself is in ``matching``.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.vgg import VGGMaps

STRIDE = 4
"""Pixels of the network's size per position."""

MULTIPLE = (8, 16)
"""Height and width must be multiples of these: where relu5_2 rounded half a row away, rows are padded again."""

SMALLEST_PX = 32
"""Below this side relu5_2 has one row or column, which instance norm makes zero."""

_TINY = 2.2204e-16


def unit(maps: Float[Tensor, "b c *n"]) -> Float[Tensor, "b c *n"]:
    """Each position's vector at length 1; one that is zero stays zero."""
    return maps / (torch.linalg.vector_norm(maps, dim=1, keepdim=True) + _TINY)


def _conv3x3(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, padding_mode="reflect")


class Branch(nn.Module):
    """One of VGG19's maps on its way to stride 4: two convolutions, each with instance norm and PReLU.

    ``up_between`` and ``up_after`` say how many times larger the map becomes between the two and after both.
    """

    def __init__(
        self, inputs: int, hidden: int, outputs: int, *, stride: int = 1, up_between: int = 1, up_after: int = 1
    ) -> None:
        super().__init__()
        self.first, self.first_slope = _conv3x3(inputs, hidden), nn.PReLU()
        self.second, self.second_slope = _conv3x3(hidden, outputs, stride), nn.PReLU()
        self.up_between, self.up_after = up_between, up_after

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h4 w4"]:
        """The branch's map."""
        x = _enlarged(self.first_slope(F.instance_norm(self.first(x))), self.up_between)
        return _enlarged(self.second_slope(F.instance_norm(self.second(x))), self.up_after)


def _enlarged(x: Tensor, factor: int) -> Tensor:
    return F.interpolate(x, scale_factor=factor, mode="nearest") if factor > 1 else x


class ResidualBlock(nn.Module):
    """Two convolutions with instance norm around a skip. One PReLU serves twice, as in the release."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = _conv3x3(channels, channels), _conv3x3(channels, channels)
        self.slope = nn.PReLU()

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """The block's map."""
        inner = self.slope(F.instance_norm(self.first(x)))
        return self.slope(x + F.instance_norm(self.second(inner)))


class CorrespondenceSubnet(nn.Module):
    """The network. ``width`` is VGG19's first group's channels, 64 but in tests.

    All but the last 1x1 convolution is shared by frames (theta) and exemplars (phi). BiSTNet takes theta for both.
    """

    def __init__(self, *, width: int = 64) -> None:
        super().__init__()
        w = width
        self.branch2 = Branch(2 * w, 2 * w, w, stride=2)
        self.branch3 = Branch(4 * w, 2 * w, w)
        self.branch4 = Branch(8 * w, 4 * w, w, up_after=2)
        self.branch5 = Branch(8 * w, 4 * w, w, up_between=2, up_after=2)
        self.blocks = nn.Sequential(*(ResidualBlock(4 * w) for _ in range(3)))
        self.theta, self.phi = nn.Conv2d(4 * w, 4 * w, 1), nn.Conv2d(4 * w, 4 * w, 1)

    def joined(self, maps: VGGMaps) -> Float[Tensor, "b c h4 w4"]:
        """Phi of Section 3.2: relu2_2 to relu5_2, each at unit length, brought to stride 4 and joined."""
        branches = (self.branch2, self.branch3, self.branch4, self.branch5)
        joined = [branch(unit(level)) for branch, level in zip(branches, maps[1:])]
        missing = joined[0].shape[-2] - joined[-1].shape[-2]
        if missing:
            joined[-1] = F.pad(joined[-1], (0, 0, missing // 2, missing - missing // 2), mode="replicate")
        return torch.cat(joined, 1)

    def embed(self, maps: VGGMaps, *, exemplar: bool = False) -> Float[Tensor, "b c h4 w4"]:
        """Unit vectors that say what lies at each position at stride 4: (F(i) - mean) of Eq. 3 at length 1.

        ``exemplar`` takes phi in place of theta. The pictures' sides are multiples of 8 and 16, and 32 or more.
        """
        head = self.phi if exemplar else self.theta
        features = head(self.blocks(self.joined(maps)))
        return unit(features - features.mean((2, 3), keepdim=True))
