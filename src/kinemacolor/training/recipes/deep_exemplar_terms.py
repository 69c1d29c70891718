"""Deep Exemplar's six losses put together for a pair of frames (Eq. 15), in VGG19's features, a*b* unscaled."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.func import functional_call

from kinemacolor.data.samples import Batch
from kinemacolor.models.deep_exemplar import DeepExemplar
from kinemacolor.models.deep_exemplar.discriminator import Discriminator
from kinemacolor.training.losses.adversarial import discriminator_loss, generator_loss
from kinemacolor.training.losses.contextual import contextual_loss
from kinemacolor.training.losses.l1 import l1_loss
from kinemacolor.training.losses.perceptual import perceptual_loss
from kinemacolor.training.losses.smoothness import smoothness_loss, wls_weights
from kinemacolor.training.terms import temporal_term, weighted

_CONTEXTUAL = (2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class PairWeights:
    """The lambdas of Eq. 15; 0 leaves a term out and costs nothing.

    The adversary joins in after ``adversarial_from`` (0..1) of the run, since at first it has too easy a task
    (Appendix A: "several epochs").
    """

    l1: float = 2.0
    perceptual: float = 0.001
    contextual: float = 0.2
    smoothness: float = 5.0
    temporal: float = 0.02
    adversarial: float = 0.2
    adversarial_from: float = 0.3


PAPER_WEIGHTS = PairWeights()
"""Section 4."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A batch of pairs as the network colored it, and what losses need beside. ``chromas`` has gradients."""

    chromas: Float[Tensor, "b 2 2 h w"]
    batch: Batch
    network: DeepExemplar
    discriminator: Discriminator

    def lab(self, chromas: Tensor, time: int) -> Float[Tensor, "b 3 h w"]:
        """The frames at a time with these chromas; lumas are the clean ones."""
        return torch.cat((self.batch.lumas[:, time], chromas[:, time]), 1)


def pair_terms(weights: PairWeights, pair: Pair, part: float) -> dict[str, Float[Tensor, ""]]:
    """The terms whose weight is not 0, by name; of the second frame, but for the two that need both.

    The term ``discriminator`` teaches the discriminator alone and nothing else does.
    """
    terms = weighted(weights, _TERMS, pair)
    if weights.adversarial and part >= weights.adversarial_from:
        terms |= _adversarial(pair, weights.adversarial)
    return terms


def _smoothness(pair: Pair) -> Tensor:
    return smoothness_loss(pair.chromas[:, 1], wls_weights(pair.lab(pair.batch.chromas, 1)))


def _perceptual(pair: Pair) -> Tensor:
    return perceptual_loss(
        pair.lab(pair.chromas, 1), pair.lab(pair.batch.chromas, 1), lambda lab: pair.network.seen_color(lab).relu5_2
    )


def _contextual(pair: Pair) -> Tensor:
    """Levels 3 to 5, the third at half its size, weighted as in the release; the paper's level 2 costs too much."""
    exemplar = torch.cat((pair.batch.exemplar_luma, pair.batch.exemplar_chroma), 1)
    ours, theirs = (
        [F.avg_pool2d(maps.relu3_2, 2), maps.relu4_2, maps.relu5_2]
        for maps in map(pair.network.seen_color, (pair.lab(pair.chromas, 1), exemplar))
    )
    return contextual_loss(ours, theirs, _CONTEXTUAL)


def _adversarial(pair: Pair, weight: float) -> dict[str, Tensor]:
    """Both sides of Eq. 12, halved as in the release. Real pairs are other samples' than the fake ones."""
    fake, real = ((pair.lab(chromas, 1), pair.lab(chromas, 0)) for chromas in (pair.chromas, pair.batch.chromas))
    rolled = tuple(frames.roll(1, 0) for frames in real)
    discriminator = pair.discriminator
    detached = tuple(frames.detach() for frames in fake)
    learns = discriminator_loss(discriminator(*detached), discriminator(*rolled)) / 2
    # the network must not train its discriminator: the same discriminator, whose weights are constants
    constants = {name: parameter.detach() for name, parameter in discriminator.named_parameters()}
    scores = [functional_call(discriminator, constants, frames) for frames in (fake, rolled)]
    return {"adversarial": weight * generator_loss(*scores) / 2, "discriminator": learns}


_TERMS: dict[str, Callable[[Pair], Tensor]] = {
    "l1": lambda pair: l1_loss(pair.chromas[:, 1], pair.batch.chromas[:, 1], pair.batch.related),
    "perceptual": _perceptual,
    "contextual": _contextual,
    "smoothness": _smoothness,
    "temporal": lambda pair: temporal_term(pair.batch.lumas, pair.chromas),
}
"""The terms of the network alone."""
