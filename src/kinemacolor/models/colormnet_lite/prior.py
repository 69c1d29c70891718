"""The color prior: a place's likely color by its look alone. Grass is greenish, skin is not blue.

Learnt from photographs and films by least squares, so that it is the mean of what is possible: muted where a thing
may have any color. It stands where ColorMNet-lite had "no color": a candidate that is believed where the exemplars
do not show what the frame shows.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

_UNIT = 20.0
_KEY_GAIN = 20.0
_LOG_VARIANCE = 5.0
_DROPPED = 0.15
_MUTED = 9.0


@dataclass(frozen=True, slots=True)
class PriorColors:
    """a*b* at stride 8, and the logarithm of the variance of their errors."""

    chroma: Float[Tensor, "b 2 h8 w8"]
    log_variance: Float[Tensor, "b 1 h8 w8"]

    def muted(self) -> "PriorColors":
        """The same with weak colors weaker: what is white here and sepia there is tinted by least squares."""
        vivid = self.chroma.square().sum(1, keepdim=True).sqrt()
        return PriorColors(self.chroma * vivid / (vivid + _MUTED), self.log_variance)


class UnconditionalPrior(nn.Module):
    """From a place's features (unit vectors of three strides, joined) and luma to its likely a*b*."""

    def __init__(self, key_channels: int, channels: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(key_channels + 1, channels, 1), nn.Conv2d(channels, channels, 1)
        self.last = nn.Conv2d(channels, 3, 1)
        self.dropped = nn.Dropout(_DROPPED)
        nn.init.zeros_(self.last.weight)
        assert self.last.bias is not None
        nn.init.zeros_(self.last.bias)

    def forward(self, key: Float[Tensor, "b c h8 w8"], luma: Float[Tensor, "b 1 h8 w8"]) -> PriorColors:
        """The likely color of each place; untrained it is gray, with a variance of 150."""
        x = self.dropped(F.relu(self.first(torch.cat((_KEY_GAIN * key, luma / 25 - 2), dim=1))))
        x = self.dropped(F.relu(self.second(x)))
        chroma, log_variance = self.last(x).float().split((2, 1), dim=1)
        return PriorColors(_UNIT * chroma, _LOG_VARIANCE + log_variance)
