"""C, the colorization subnet: from a frame's luma, warped colors and the frame before to its a*b* (Eq. 7, Table 3).

An encoder and decoder with skip connections, as in user-guided colorization (Zhang et al., 2017). Widths and layers
are those of the authors' release. They differ from Table 3: the decoder has 256, 128, 128 channels, and blocks 4 to 6
are plain, without skips of their own. BiSTNet's MSRB has the same network with other inputs.
"""

from itertools import pairwise
from typing import Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.frames import Chroma, Luma

MULTIPLE = 8
"""The number that both sides of the planes must be multiples of: the encoder halves three times."""

CHROMA_LIMIT = 128.0
"""The tanh at the end reaches this much a* and b*."""

INPUTS = 7
"""L* - 50, W's a*b*, S, and the frame before: L* - 50, a*, b*."""


class Block(nn.Module):
    """3x3 convolutions, each with a ReLU, then instance norm without parameters."""

    def __init__(self, *channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(i, o, 3, padding=dilation, dilation=dilation) for i, o in pairwise(channels)
        )

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h w"]:
        """The block's map, of mean 0 and variance 1 in each channel of each picture."""
        for conv in self.convs:
            x = F.relu(conv(x))
        return F.instance_norm(x)


class Join(nn.Module):
    """The decoder's map at twice the size plus the encoder's."""

    def __init__(self, deep: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.up = nn.Conv2d(deep, outputs, 3, padding=1)
        self.skip = nn.Conv2d(skip, outputs, 3, padding=1)

    def forward(self, deep: Float[Tensor, "b c h w"], skip: Float[Tensor, "b d h2 w2"]) -> Float[Tensor, "b e h2 w2"]:
        """The sum, with a ReLU."""
        return F.relu(self.up(F.interpolate(deep, scale_factor=2, mode="nearest")) + self.skip(skip))


def _down(channels: int) -> nn.Conv2d:
    """Every other pixel, each channel with a factor of its own."""
    return nn.Conv2d(channels, channels, 1, stride=2, groups=channels, bias=False)


class ColorizationSubnet(nn.Module):
    """The network. ``inputs`` is its planes, ``width`` the first block's channels, 64 but in tests."""

    def __init__(self, inputs: int = INPUTS, *, width: int = 64) -> None:
        super().__init__()
        w = width
        self.block1 = Block(inputs, w // 2, w, w)
        self.block2 = Block(w, 2 * w, 2 * w)
        self.block3 = Block(2 * w, 4 * w, 4 * w, 4 * w)
        self.down1, self.down2, self.down3 = _down(w), _down(2 * w), _down(4 * w)
        self.block4 = Block(4 * w, *[8 * w] * 3)
        self.block5 = Block(*[8 * w] * 4, dilation=2)
        self.block6 = Block(*[8 * w] * 4, dilation=2)
        self.block7 = Block(*[8 * w] * 4)
        self.join8 = Join(8 * w, 4 * w, 4 * w)
        self.block8 = Block(*[4 * w] * 3)
        self.join9 = Join(4 * w, 2 * w, 2 * w)
        self.block9 = Block(2 * w, 2 * w)
        self.join10 = Join(2 * w, w, 2 * w)
        self.last = nn.Conv2d(2 * w, 2 * w, 3, padding=1)
        self.chroma = nn.Conv2d(2 * w, 2, 1)

    def forward(self, planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 2 h w"]:
        """a*b*, -128..128. Sides are multiples of 8 and more than 8."""
        at1 = self.block1(planes)
        at2 = self.block2(self.down1(at1))
        at4 = self.block3(self.down2(at2))
        x = self.block4(self.down3(at4))
        x = self.block7(self.block6(self.block5(x)))
        x = self.block8(self.join8(x, at4))
        x = self.block9(self.join9(x, at2))
        x = F.leaky_relu(self.last(self.join10(x, at1)), 0.2)
        return CHROMA_LIMIT * torch.tanh(self.chroma(x))


def planes_of(
    luma: Float[Tensor, "b 1 h w"],
    warped: Float[Tensor, "b 2 h w"],
    similarity: Float[Tensor, "b 1 h w"],
    before: Float[Tensor, "b 3 h w"] | None,
) -> Float[Tensor, "b 7 h w"]:
    """The inputs of Eq. 7. ``luma`` is L* 0..100, ``before`` the frame before as L*, a*, b*.

    None is the release's start of a film: all zeros, a frame of L* = 50 without color.
    """
    if before is None:
        last = torch.zeros_like(luma).repeat(1, 3, 1, 1)
    else:
        last = torch.cat((before[:, :1] - 50, before[:, 1:]), 1)
    return torch.cat((luma - 50, warped, similarity, last), 1)


@runtime_checkable
class Colored(Protocol):
    """A frame in color, at the working size."""

    luma: Luma
    chroma: Chroma


class Refinement(nn.Module):
    """C, or its light form, for one frame at a time, as the spatiotemporal model calls it."""

    def __init__(self, subnet: nn.Module) -> None:
        super().__init__()
        self.subnet = subnet

    def forward(
        self, luma: Luma, warped: Chroma, confidence: Float[Tensor, "1 h w"], before: Colored | None
    ) -> Chroma:
        """The a*b* of a frame from its luma, W and S of its size, and the frame before, if any."""
        last = None if before is None else torch.cat((before.luma, before.chroma))[None]
        chroma: Tensor = self.subnet(planes_of(luma[None], warped[None], confidence[None], last))
        return chroma[0]
