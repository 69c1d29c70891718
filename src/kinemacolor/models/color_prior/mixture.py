"""A mixture of Gaussians over a*b* for each place: what colors it may have, and how likely each is.

As in mixture density networks (Bishop, 1994, Eqs. 22-24); each component has one deviation for a* and b* together.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

UNIT = 20.0
"""Likelihoods and squared errors are in units of 20 a*b*, so that both are of the order of 1."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """``k`` components for each place: logarithms of their weights, a*b* means, logarithms of deviations in a*b*."""

    log_weights: Float[Tensor, "b k h8 w8"]
    means: Float[Tensor, "b k 2 h8 w8"]
    log_deviations: Float[Tensor, "b k h8 w8"]

    @property
    def mean(self) -> Float[Tensor, "b 2 h8 w8"]:
        """The expected a*b*, which is the best answer by squared error."""
        return (self.log_weights.exp()[:, :, None] * self.means).sum(1)

    @property
    def variance(self) -> Float[Tensor, "b 1 h8 w8"]:
        """The variance of a* and b* (their average) about the mean, in squared units of a*b*."""
        spread = (self.means - self.mean[:, None]).square().mean(2)
        each = (2 * self.log_deviations).exp() + spread
        return (self.log_weights.exp() * each).sum(1, keepdim=True)

    @property
    def mode(self) -> Float[Tensor, "b 2 h8 w8"]:
        """The mean of the component whose peak is highest: a vivid answer where the mean would be a muted one."""
        peak = (self.log_weights - 2 * self.log_deviations).argmax(1, keepdim=True)
        index = peak[:, :, None].expand(-1, -1, 2, -1, -1)
        return self.means.gather(1, index)[:, 0]

    def color(self, vividness: float) -> Float[Tensor, "b 2 h8 w8"]:
        """From the mean (0), which is muted where a thing may have several colors, to the likeliest color (1)."""
        return self.mean if vividness == 0 else self.mean.lerp(self.mode, vividness)

    def negative_log_likelihood(self, truth: Float[Tensor, "b 2 h8 w8"]) -> Float[Tensor, "b h8 w8"]:
        """``-log p(truth)`` with a*b* in units of 20."""
        log_deviations = self.log_deviations - math.log(UNIT)
        squared = ((truth[:, None] - self.means) / UNIT).square().sum(2)
        exponent = -0.5 * squared * (-2 * log_deviations).exp() - 2 * log_deviations - math.log(2 * math.pi)
        return -torch.logsumexp(self.log_weights + exponent, dim=1)
