"""Two levers on the color prior's answer: one that learned from the shot's exemplar, and the exemplar's palette."""

import math
from copy import deepcopy
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from kinemacolor.models.base import Reference
from kinemacolor.models.color_prior import Mixture, ShotPrior
from kinemacolor.models.color_prior.mixture import UNIT

STEPS, RATE, HIDDEN_SHARE, BLOCK_PX = 80, 1e-3, (0.2, 0.8), 32
CLUSTERS, ROUNDS, LEAST_DEVIATION, SAY = 12, 20, 2.0, 0.25


def adapted(prior: ShotPrior, exemplar: Reference) -> ShotPrior:
    """The color prior whose head and gate have learned the exemplar's colors where blocks of it are hidden.

    The loss is that of ``kinemacolor train color-prior``, where hidden; the exemplar's sides are multiples of 16.
    """
    network = deepcopy(prior.network).requires_grad_(False)
    learned = [*network.gate.requires_grad_(True).parameters(), *network.head.requires_grad_(True).parameters()]
    optimizer, generator = torch.optim.Adam(learned, lr=RATE), torch.Generator().manual_seed(0)
    luma, chroma = exemplar.luma[None], exemplar.chroma[None]
    with torch.autocast("cpu", prior.dtype, enabled=prior.dtype != torch.float32):
        with torch.no_grad():
            encoded = network.encode(luma)
        for _ in range(STEPS):
            alpha = _shown(luma, generator)
            with torch.no_grad():
                memory = network.remember(encoded, chroma, alpha)
            mixture = network(encoded, memory)
            truth, hidden = (F.adaptive_avg_pool2d(x, mixture.mean.shape[-2:]) for x in (chroma, 1 - alpha))
            squared = ((mixture.mean - truth) / UNIT).square().sum(1)
            loss = mixture.negative_log_likelihood(truth) + 0.5 * squared
            optimizer.zero_grad()
            ((loss * hidden[:, 0]).sum() / hidden.sum().clamp_min(1)).backward()
            optimizer.step()
    return replace(prior, network=network.requires_grad_(False), latest=[])


def _shown(luma: Float[Tensor, "1 1 h w"], generator: torch.Generator) -> Float[Tensor, "1 1 h w"]:
    """1 where a picture is shown, 0 in blocks where it is hidden, a fifth to four fifths of it."""
    height, width = luma.shape[-2:]
    share = torch.empty(()).uniform_(*HIDDEN_SHARE, generator=generator)
    blocks = torch.rand(1, 1, -(-height // BLOCK_PX), -(-width // BLOCK_PX), generator=generator) >= share
    return F.interpolate(blocks.float(), scale_factor=BLOCK_PX)[..., :height, :width]


def blended(one: Mixture, other: Mixture) -> Mixture:
    """The components of both; each mixture weighs by the inverse of its variance, place by place."""
    shares = torch.cat((one.variance, other.variance), dim=1).log().neg().log_softmax(1)
    log_weights = torch.cat((one.log_weights + shares[:, :1], other.log_weights + shares[:, 1:]), dim=1)
    deviations = torch.cat((one.log_deviations, other.log_deviations), dim=1)
    return Mixture(log_weights, torch.cat((one.means, other.means), dim=1), deviations)


@dataclass(frozen=True, slots=True)
class Palette:
    """Clusters of colors: logarithms of their shares, a*b* means, and variances of a* and b* (their average)."""

    log_weights: Float[Tensor, " n"]
    means: Float[Tensor, "n 2"]
    variances: Float[Tensor, " n"]

    @classmethod
    def of(cls, colors: Float[Tensor, "m 2"], clusters: int = CLUSTERS) -> "Palette":
        """By k-means, begun at the mean, then at the color farthest from all before."""
        means = colors.mean(0, keepdim=True)
        while len(means) < clusters:
            means = torch.cat((means, colors[None, torch.cdist(colors, means).amin(1).argmax()]))
        for _ in range(ROUNDS):
            count, mine = _nearest(colors, means)
            means = torch.where(count[:, None] > 0, mine.T @ colors / count.clamp_min(1)[:, None], means)
        count, mine = _nearest(colors, means)
        spread = (mine * torch.cdist(colors, means).square()).sum(0) / count.clamp_min(1) / 2
        return cls((count / len(colors)).clamp_min(1e-6).log(), means, spread.clamp_min(LEAST_DEVIATION**2))

    def within(self, mixture: Mixture, say: float = SAY) -> Mixture:
        """A mixture beside itself times the palette, each component times each; the product has ``say`` (0..1)."""
        wide, here = (2 * mixture.log_deviations).exp()[:, :, None], self.variances[:, None, None]
        total = wide + here
        theirs, ours = mixture.means[:, :, None], self.means[:, :, None, None]
        apart = (theirs - ours).square().sum(3)
        weights = mixture.log_weights[:, :, None] + self.log_weights[:, None, None] - total.log() - apart / total / 2
        means = theirs * (here / total)[:, :, :, None] + ours * (wide / total)[:, :, :, None]
        return Mixture(
            torch.cat(
                (mixture.log_weights + math.log(1 - say), weights.flatten(1, 2).log_softmax(1) + math.log(say)), dim=1
            ),
            torch.cat((mixture.means, means.flatten(1, 2)), dim=1),
            torch.cat((mixture.log_deviations, (wide * here / total).log().flatten(1, 2) / 2), dim=1),
        )


def _nearest(colors: Float[Tensor, "m 2"], means: Float[Tensor, "n 2"]) -> tuple[Tensor, Tensor]:
    """How many colors are nearest to each mean, and of each color to which it is, ``m n`` of 0 and 1."""
    mine = F.one_hot(torch.cdist(colors, means).argmin(1), len(means)).to(colors.dtype)
    return mine.sum(0), mine
