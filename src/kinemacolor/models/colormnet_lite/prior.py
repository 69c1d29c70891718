"""Likely colors of what the exemplars do not show: a candidate that is believed where nothing else is.

They come from two networks. One knows a place by its look alone (grass is greenish, skin is not blue); it learned by
least squares, so that it gives the mean of what is possible: muted where a thing may have any color. The other, the
color prior (``kinemacolor.models.color_prior``), sees the exemplars beside the frame, and is believed more.
"""

from dataclasses import dataclass
from math import exp

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.models.color_prior.mixture import Mixture
from kinemacolor.models.kept import kept_as
from kinemacolor.resize import resize

_UNIT = 20.0
_KEY_GAIN = 20.0
_LOG_VARIANCE = 5.0
_DROPPED = 0.15
_MUTED = 9.0
_SEEN_TIMES, _SEEN_AT_LEAST = 0.5, 20.0
_LOOK_TIMES = 3.0
_FAMILIAR, _STRANGE, _MOST_TIMES = 0.5, 30.0, 10.0


@kept_as("prior-colors")
@dataclass(frozen=True, slots=True)
class PriorColors:
    """a*b* at stride 8, and the logarithm of the variance of their errors."""

    chroma: Float[Tensor, "b 2 h8 w8"]
    log_variance: Float[Tensor, "b 1 h8 w8"]

    def muted(self) -> "PriorColors":
        """The same with weak colors weaker: what is white here and sepia there is tinted by least squares."""
        vivid = self.chroma.square().sum(1, keepdim=True).sqrt()
        return PriorColors(self.chroma * vivid / (vivid + _MUTED), self.log_variance)

    def beside(self, mixture: Mixture, vividness: float = 0.0, familiarity: float = 1.0) -> "PriorColors":
        """The mean of these colors, by look alone, and the color prior's, by precision, at the mixture's size.

        The color prior's variance is halved, and 20 more (squared units of a*b*), since it is surest where it copies
        an exemplar, which the match does better; that of the colors by look is three times what it was.
        ``familiarity`` (-1..1) is the greatest mean similarity to the exemplars that a frame of the shot has had.
        Below 0.5 they show another scene, from which the color prior copies all the same: there the colors by look,
        which know nothing of exemplars, weigh ``exp(30 (0.5 - familiarity))`` times as much, at most ten times.
        ``vividness`` is that of ``Mixture.color``. benchmarks/results has what was tried.
        """
        size = (mixture.means.shape[-2], mixture.means.shape[-1])
        seen = (_SEEN_TIMES * mixture.variance + _SEEN_AT_LEAST).reciprocal()
        times = min(_MOST_TIMES, exp(_STRANGE * max(0.0, _FAMILIAR - familiarity)))
        look = (-resize(self.log_variance, size)).exp() / (_LOOK_TIMES / times)
        chroma = (seen * mixture.color(vividness) + look * resize(self.chroma, size)) / (seen + look)
        return PriorColors(chroma, -(seen + look).log())


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
