"""CDC, color distribution consistency: how much a film's histograms change (TCVC, Liu et al., arXiv:2110.04562)."""

from collections import deque

import torch
from jaxtyping import Float64
from torch import Tensor

from kinemacolor.frames import RGB
from kinemacolor.metrics.mean import Mean

STEPS = (1, 2, 4)

Histogram = Float64[Tensor, "3 256"]
"""The share of pixels at each of the 256 values of R, G and B."""


def histogram_of(picture: RGB) -> Histogram:
    """The picture's three histograms; each sums to 1."""
    counts = [torch.bincount(channel.flatten(), minlength=256) for channel in picture]
    return torch.stack(counts).double() / picture[0].numel()


def jensen_shannon(one: Histogram, other: Histogram) -> float:
    """Jensen-Shannon divergence in nats, a mean over the channels: 0 for equal, log 2 for disjoint histograms."""
    middle = (one + other) / 2
    divergences = [torch.special.xlogy(p, p / middle.clamp_min(1e-300)).sum(-1) for p in (one, other)]
    return max(0.0, (sum(divergences) / 2).mean().item())


class Cdc:
    """CDC of a film given frame by frame: the mean over steps of 1, 2 and 4 frames of each step's mean divergence.

    Only the last four histograms are held.
    """

    def __init__(self) -> None:
        self._recent: deque[Histogram] = deque(maxlen=max(STEPS))
        self._means = {step: Mean() for step in STEPS}

    def add(self, picture: RGB) -> dict[int, float]:
        """The divergence from the frame each step earlier, as far as there is one."""
        now = histogram_of(picture)
        found = {step: jensen_shannon(self._recent[-step], now) for step in STEPS if step <= len(self._recent)}
        for step, divergence in found.items():
            self._means[step].add(divergence)
        self._recent.append(now)
        return found

    @property
    def value(self) -> float:
        """CDC so far; NaN below five frames."""
        return sum(mean.value for mean in self._means.values()) / len(STEPS)
