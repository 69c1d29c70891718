"""The losses put together for a clip: terms by name and weight, so that an experiment is a change of numbers.

Chromas are a*b* / 110 throughout. The adversarial loss is not among the terms: it needs a second network that learns
in turn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TypeVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor

from kinemacolor import color
from kinemacolor.data.samples import Batch
from kinemacolor.layers.efficientnet_lite import EfficientNetLite, load_classifier
from kinemacolor.layers.flow import consistent, optical_flow
from kinemacolor.training.losses.contextual import contextual_loss
from kinemacolor.training.losses.edge_enhancing import edge_enhancing_loss
from kinemacolor.training.losses.hard_example import hard_example_loss
from kinemacolor.training.losses.l1 import l1_loss, vivid_l1_loss
from kinemacolor.training.losses.perceptual import perceptual_loss
from kinemacolor.training.losses.smoothness import smoothness_loss, wls_weights
from kinemacolor.training.losses.temporal import temporal_loss

GivenT = TypeVar("GivenT")
"""The input of a recipe's terms."""

_CHROMA_SCALE = 110.0
_VIVID_GAIN = 2.0
_CONTEXTUAL = {16: 4.0, 32: 8.0}


@dataclass(frozen=True, slots=True)
class TermWeights:
    """The weight of each term; 0 leaves it out and costs nothing.

    ``perceptual`` and ``contextual`` see EfficientNet-Lite0's features in place of the papers' VGG19: at stride 32,
    and at 16 and 32 weighted 4 and 8. ``edge_enhancing`` compares the edges of chroma.
    """

    l1: float = 0.0
    vivid_l1: float = 0.0
    l2: float = 0.0
    smoothness: float = 0.0
    temporal: float = 0.0
    edge_enhancing: float = 0.0
    hard_example: float = 0.0
    perceptual: float = 0.0
    contextual: float = 0.0


@dataclass(frozen=True, slots=True)
class Colored:
    """A batch as a network colored it, and what losses need beside. ``chromas`` has gradients."""

    chromas: Float[Tensor, "b t 2 h w"]
    batch: Batch
    generator: Generator

    @property
    def truth(self) -> Float[Tensor, "b t 2 h w"]:
        """The chromas to be found."""
        return self.batch.chromas / _CHROMA_SCALE

    def lab(self, chromas: Tensor) -> Float[Tensor, "n 3 h w"]:
        """CIELAB of every frame with these chromas, one after another."""
        return torch.cat((self.batch.lumas, chromas * _CHROMA_SCALE), dim=2).flatten(0, 1)


def weighted_terms(weights: TermWeights, colored: Colored) -> dict[str, Float[Tensor, ""]]:
    """The terms whose weight is not 0, by name."""
    return weighted(weights, _TERMS, colored)


def weighted(
    weights: object, terms: Mapping[str, Callable[[GivenT], Tensor]], given: GivenT
) -> dict[str, Float[Tensor, ""]]:
    """Each term times the weight of its name, where that is not 0; ``weights`` has an attribute for each."""
    return {name: getattr(weights, name) * term(given) for name, term in terms.items() if getattr(weights, name)}


def temporal_term(lumas: Float[Tensor, "b t 1 h w"], chromas: Float[Tensor, "b t 2 h w"]) -> Float[Tensor, ""]:
    """The temporal loss from each frame to the next, along the flow of the lumas where it is consistent."""
    terms = []
    for of_clip, colors in zip(lumas, chromas):
        for (before, now), (chroma_before, chroma_now) in zip(pairwise(of_clip), pairwise(colors)):
            forward = optical_flow(before, now)
            visible = consistent(forward, optical_flow(now, before))
            terms.append(temporal_loss(chroma_before, chroma_now, forward, visible))
    return torch.stack(terms).mean() if terms else chromas.sum() * 0


def _smoothness(colored: Colored) -> Tensor:
    return smoothness_loss(colored.chromas.flatten(0, 1), wls_weights(colored.lab(colored.truth)))


def _perceptual(colored: Colored) -> Tensor:
    return perceptual_loss(
        colored.lab(colored.chromas), colored.lab(colored.truth), lambda lab: _color_features(lab)[32]
    )


def _contextual(colored: Colored) -> Tensor:
    batch, frames = colored.batch, colored.chromas.shape[1]
    exemplar = torch.cat((batch.exemplar_luma, batch.exemplar_chroma), dim=1).repeat_interleave(frames, 0)
    ours, theirs = _color_features(colored.lab(colored.chromas)), _color_features(exemplar)
    strides = list(_CONTEXTUAL)
    return contextual_loss([ours[s] for s in strides], [theirs[s] for s in strides], list(_CONTEXTUAL.values()))


def _color_features(lab: Float[Tensor, "n 3 h w"]) -> dict[int, Tensor]:
    """ImageNet features of pictures, by stride."""
    features: dict[int, Tensor] = _color_trunk(lab.device)(100 * color.rgb_of(lab))
    return features


@cache
def _color_trunk(device: torch.device) -> EfficientNetLite:
    return load_classifier("lite0", input_channels=3).trunk.fold().requires_grad_(False).to(device)


_TERMS: dict[str, Callable[[Colored], Tensor]] = {
    "l1": lambda c: l1_loss(c.chromas, c.truth),
    "vivid_l1": lambda c: vivid_l1_loss(c.chromas, c.truth, gain=_VIVID_GAIN),
    "l2": lambda c: F.mse_loss(c.chromas, c.truth),
    "smoothness": _smoothness,
    "temporal": lambda c: temporal_term(c.batch.lumas, c.chromas),
    "edge_enhancing": lambda c: edge_enhancing_loss(c.chromas.flatten(0, 1), c.truth.flatten(0, 1)),
    "hard_example": lambda c: hard_example_loss(
        c.chromas.flatten(0, 1), c.truth.flatten(0, 1), generator=c.generator
    ),
    "perceptual": _perceptual,
    "contextual": _contextual,
}
