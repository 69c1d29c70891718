"""MSRB: colors from coarse to fine, by three U-nets (BiSTNet, Section 3.3).

The U-nets are Deep Exemplar's colorization subnet with another number of input planes. The paper has a net of its own
at each scale; the release runs the middle one at the finest scale too, and so do its weights.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.models.deep_exemplar.colorization import ColorizationSubnet

MULTIPLE = 32
"""The number that both sides must be multiples of: the coarsest net, at a quarter of the size, halves three times."""

SMALLEST_PX = 64
"""Below this side the innermost map of the coarsest net would have one row, whose instance norm is zero."""


@dataclass(frozen=True, slots=True)
class Scales:
    """a*b* at a quarter of the size, at half of it, and at all of it."""

    quarter: Float[Tensor, "b 2 h4 w4"]
    half: Float[Tensor, "b 2 h2 w2"]
    full: Float[Tensor, "b 2 h w"]


class MSRB(nn.Module):
    """The multi-scale recurrent block."""

    def __init__(self, inputs: int, *, own_finest: bool, width: int = 64) -> None:
        """``own_finest`` is the paper's third net; without it the middle one serves twice."""
        super().__init__()
        self.coarse = ColorizationSubnet(inputs, width=width)
        self.middle = ColorizationSubnet(inputs + 2, width=width)
        self.finest = ColorizationSubnet(inputs + 2, width=width) if own_finest else None
        self.up_to_half, self.up_to_full = (
            nn.ConvTranspose2d(2, 2, 3, 2, padding=1, output_padding=1) for _ in range(2)
        )

    def forward(self, planes: Float[Tensor, "b c h w"]) -> Scales:
        """The colors at three scales; each finer one sees the coarser one's, upsampled."""
        half = halved(planes)
        at_quarter = self.coarse(halved(half))
        at_half = self.middle(torch.cat((half, self.up_to_half(at_quarter)), 1))
        finest = self.middle if self.finest is None else self.finest
        return Scales(at_quarter, at_half, finest(torch.cat((planes, self.up_to_full(at_half)), 1)))


def halved(planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h2 w2"]:
    """Planes at half the size: the mean of each 2 x 2."""
    return F.avg_pool2d(planes, 2)
