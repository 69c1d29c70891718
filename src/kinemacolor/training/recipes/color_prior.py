"""The color prior: which colors a picture is likely to have, learned from pairs of pictures.

Each pair serves both ways: either picture is the other's exemplar. A fifth sees no exemplar, and some see a
stranger's, so that what nobody shows is learned as well, and how far it may be off. Colors are turned in some of the
pairs, in both pictures alike and only where each sees the other: there they can only be copied.

The loss is the likelihood of the true a*b* in the mixture and half the squared error of its mean, in units of 20
a*b*, at stride 8.
"""

import math
from copy import deepcopy
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Generator, Tensor, nn

from kinemacolor.data.augment import ColorChange
from kinemacolor.data.draw import chance, uniform
from kinemacolor.data.pairs import PairVariety
from kinemacolor.data.samples import Batch
from kinemacolor.models import color_prior
from kinemacolor.models.base import Reference
from kinemacolor.models.color_prior import ColorPrior, ColorPriorConfig
from kinemacolor.models.color_prior.mixture import UNIT
from kinemacolor.resize import resize
from kinemacolor.training.recipe import Moment, Recipe, Stage

_SQUARED_ERROR = 0.5
_TRUNK_RATE = 0.125
_UNSEEN = 0.2
_HUE_TURNED, _SATURATION_CHANGED = 0.18, 0.27
_SATURATION = (0.6, 1.4)


def recipe(initial: Path | None = None, *, config: ColorPriorConfig | None = None) -> Recipe:
    """The recipe, from the weights in ``initial``; else random ones of ``config``, else ImageNet's trunk."""

    def network() -> ColorPrior:
        if initial is not None:
            return deepcopy(color_prior.load_network(initial))  # what was loaded lies in the file still
        return ColorPrior(config) if config is not None else ColorPrior.with_imagenet_trunk()

    return Recipe(
        name="color-prior",
        network=network,
        losses=losses,
        predict=predict,
        save=color_prior.save,
        stages=(Stage(0.8, frames=1, crop_px=192), Stage(1.0, frames=1, crop_px=256)),
        steps=80_000,
        batch=8,
        learning_rate=1.2e-3,
        weight_decay=0.02,
        warm_up_steps=200,
        clip_norm=1.0,
        ema_decay=0.9995,
        bf16=True,
        groups=_groups,
        short_side_px=256,
        variety=PairVariety(),
    )


def _groups(network: ColorPrior) -> list[tuple[list[nn.Parameter], float]]:
    return [(network.own_parameters(), 1.0), (network.learning_trunk(), _TRUNK_RATE)]


def losses(network: ColorPrior, batch: Batch, moment: Moment) -> dict[str, Tensor]:
    """The weighted terms, over both directions of each pair."""
    pairs = len(batch.lumas)
    lumas = torch.cat((batch.lumas[:, 0], batch.exemplar_luma))
    seen = (torch.rand(2 * pairs, generator=moment.generator) >= _UNSEEN).to(lumas.device)
    mutual = batch.related & seen[:pairs] & seen[pairs:]
    chromas = changed_colors(batch.chromas[:, 0], batch.exemplar_chroma, mutual, moment.generator)
    encoded = network.encode(lumas)
    partners = [*range(pairs, 2 * pairs), *range(pairs)]
    mixture = network(encoded, network.remember(encoded, chromas).taken(partners, seen=seen))
    truth = F.adaptive_avg_pool2d(chromas, mixture.mean.shape[-2:])
    squared = ((mixture.mean - truth) / UNIT).square().sum(1)
    return {
        "likelihood": mixture.negative_log_likelihood(truth).mean(),
        "squared": _SQUARED_ERROR * squared.mean(),
    }


def changed_colors(
    frames: Float[Tensor, "b 2 h w"],
    exemplars: Float[Tensor, "b 2 h w"],
    mutual: Bool[Tensor, " b"],
    generator: Generator,
) -> Float[Tensor, "b2 2 h w"]:
    """Frames, then exemplars; of some ``mutual`` pairs the hue is turned or the saturation changed, in both alike."""
    made = torch.stack((frames, exemplars))
    for number, each_sees_the_other in enumerate(mutual.tolist()):
        hue = uniform(generator, -math.pi, math.pi) if chance(generator, _HUE_TURNED) else 0.0
        saturation = uniform(generator, *_SATURATION) if chance(generator, _SATURATION_CHANGED) else 1.0
        if each_sees_the_other:
            made[:, number] = ColorChange(hue, saturation).apply(made[:, number])
    return made.flatten(0, 1)


@torch.no_grad()
def predict(network: ColorPrior, batch: Batch) -> Float[Tensor, "1 t 2 h w"]:
    """The expected a*b* of each frame of a batch of one, by its exemplar and its look alone."""
    exemplars = network.exemplars_of([Reference(batch.exemplar_luma[0], batch.exemplar_chroma[0])])
    size = (batch.lumas.shape[-2], batch.lumas.shape[-1])
    means = [network(network.encode(luma[None]), exemplars).mean[0] for luma in batch.lumas[0]]
    return torch.stack([resize(mean, size) for mean in means])[None]
