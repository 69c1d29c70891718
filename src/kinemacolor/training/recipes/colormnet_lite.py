"""ColorMNet-lite: its doubts and its decoder learn; the trunk stays as ImageNet made it, and keys as drawn.

Clips and crops grow: short small ones first, then longer and larger ones, to learn not to drift. Exemplars are of
every kind: colours are copied, whatever they are, where the exemplar shows the thing, and are muted where it does
not, since an unrelated exemplar says nothing of the truth.

Three terms: L1; L2, since large errors are what one sees; and the negative
log-likelihood of a Laplace distribution, by which the network learns how far off it may be. They are over a clip's
last frames: those before are coloured without gradients, to meet errors like those of a long shot. Steps between
frames, wear and crops are close to use, more than in ColorMNet's recipe: what is learnt here is how far to trust
flow, and from leaping or worn clips it learns to trust it too little.

Keys do not learn: an orthogonal projection drawn at random reads as well as the principal components of the
features, and projections and temperatures learnt from crops read whole frames worse (docs/models/colormnet-lite.md).

These stages and this variety together have not been run yet: they are where the runs told of there led.
"""

from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.data.dataset import Variety
from kinemacolor.data.samples import Batch
from kinemacolor.models import colormnet_lite
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteColorizer, ColorMNetLiteConfig
from kinemacolor.models.colormnet_lite.clip import ClipSettings, color_clips
from kinemacolor.resize import resize
from kinemacolor.training.recipe import Moment, Recipe, Stage
from kinemacolor.training.terms import Colored, TermWeights, weighted_terms

_UNIT = 110.0
_LEAST_ERROR = 0.5
_LIKELIHOOD = 0.003
_DOUBT_RATE = 5.0
DEFAULT_TERMS = TermWeights(l1=1.0, l2=4.0)


def recipe(
    initial: Path | None = None,
    *,
    config: ColorMNetLiteConfig | None = None,
    terms: TermWeights = DEFAULT_TERMS,
    clips: ClipSettings | None = None,
) -> Recipe:
    """The recipe, from the weights in ``initial``; else random ones of ``config``, else ImageNet's trunk."""

    def network() -> ColorMNetLite:
        if initial is not None:
            return deepcopy(colormnet_lite.load_network(initial))  # what was loaded lies in the file still
        return ColorMNetLite(config) if config is not None else ColorMNetLite.with_imagenet_trunk()

    return Recipe(
        name="colormnet-lite",
        network=network,
        losses=partial(losses, terms, clips or ClipSettings()),
        predict=predict,
        save=colormnet_lite.save,
        stages=(
            Stage(0.3, frames=6, crop_px=160, max_jump=3),
            Stage(0.7, frames=10, crop_px=160, max_jump=2),
            Stage(1.0, frames=10, crop_px=224, max_jump=4),
        ),
        steps=6_000,
        batch=4,
        learning_rate=1e-3,
        weight_decay=1e-4,
        warm_up_steps=100,
        clip_norm=1.0,
        ema_decay=0.998,
        frozen_norms=True,
        every_parameter_used=False,
        groups=_groups,
        short_side_px=256,
        variety=Variety(
            photograph=0.2,
            frame_before=0.2,
            same_frame=0.05,
            other_frame=0.4,
            other_augmentation=0.1,
            unrelated=0.25,
            clean=0.75,
            color_change=0.8,
            elsewhere=0.8,
            crop_area=(0.25, 1.0),
        ),
    )


def _groups(network: ColorMNetLite) -> list[tuple[list[nn.Parameter], float]]:
    return [(list(network.doubt.parameters()), _DOUBT_RATE), (list(network.decoder.parameters()), 1.0)]


def losses(
    terms: TermWeights, clips: ClipSettings, network: ColorMNetLite, batch: Batch, moment: Moment
) -> dict[str, Tensor]:
    """The weighted terms over the frames that have gradients."""
    exemplar = batch.exemplar_luma, batch.exemplar_chroma, batch.related
    colored = color_clips(network, batch.lumas, *exemplar, moment.generator, clips)
    last = colored.chromas.shape[1]
    batch = replace(batch, lumas=batch.lumas[:, -last:], chromas=batch.chromas[:, -last:])
    made = weighted_terms(terms, Colored(colored.chromas / _UNIT, batch, moment.generator))
    made["likelihood"] = _LIKELIHOOD * error_likelihood(colored.chromas.detach(), colored.log_error, batch.chromas)
    return made


def error_likelihood(
    chromas: Float[Tensor, "b t 2 h w"], log_error: Float[Tensor, "b t 1 h2 w2"], truth: Float[Tensor, "b t 2 h w"]
) -> Float[Tensor, ""]:
    """``mean(|error| / s + log s)`` with ``s = exp(log_error)``: least where s is the error to be expected.

    The error is the mean over a* and b*, plus 0.5 (what 8-bit colour cannot show).
    """
    error = (chromas - truth).abs().mean(2, keepdim=True) + _LEAST_ERROR
    return (_resized(error, log_error) * (-log_error).exp() + log_error).mean()


def _resized(clips: Float[Tensor, "b t c h w"], like: Float[Tensor, "b t _ h2 w2"]) -> Float[Tensor, "b t c h2 w2"]:
    small = resize(clips.flatten(0, 1), (like.shape[-2], like.shape[-1]))
    return torch.unflatten(small, 0, clips.shape[:2])


def predict(network: ColorMNetLite, batch: Batch) -> Float[Tensor, "1 t 2 h w"]:
    """The a*b* of each frame of a batch of one, as the model colours a film whose first frame is the exemplar."""
    colorizer = ColorMNetLiteColorizer(network, device=batch.lumas.device)
    first = Reference(batch.exemplar_luma[0], batch.exemplar_chroma[0], index=0)
    lumas = (batch.exemplar_luma[0], *batch.lumas[0].unbind(0))
    return torch.stack(list(colorizer.colorize(lumas, [first]))[1:])[None]
