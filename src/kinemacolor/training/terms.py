"""The losses put together for a clip: terms by name and weight, so that an experiment is a change of numbers.

Chromas are a*b* / 110 throughout. The adversarial loss is not among the terms: it needs a second network that learns
in turn.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache

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
    """What a network made of a batch, and what losses need beside. ``chromas`` has gradients."""

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
    chosen = {field.name: getattr(weights, field.name) for field in fields(weights)}
    return {name: weight * _TERMS[name](colored) for name, weight in chosen.items() if weight}


def _smoothness(colored: Colored) -> Tensor:
    return smoothness_loss(colored.chromas.flatten(0, 1), wls_weights(colored.lab(colored.truth)))


def _temporal(colored: Colored) -> Tensor:
    """Along the flow of the lumas, from each frame to the next, where it is consistent."""
    terms = []
    for lumas, chromas in zip(colored.batch.lumas, colored.chromas):
        for before in range(len(lumas) - 1):
            forward = optical_flow(lumas[before], lumas[before + 1])
            visible = consistent(forward, optical_flow(lumas[before + 1], lumas[before]))
            terms.append(temporal_loss(chromas[before], chromas[before + 1], forward, visible))
    return torch.stack(terms).mean() if terms else colored.chromas.sum() * 0


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
    "temporal": _temporal,
    "edge_enhancing": lambda c: edge_enhancing_loss(c.chromas.flatten(0, 1), c.truth.flatten(0, 1)),
    "hard_example": lambda c: hard_example_loss(
        c.chromas.flatten(0, 1), c.truth.flatten(0, 1), generator=c.generator
    ),
    "perceptual": _perceptual,
    "contextual": _contextual,
}
