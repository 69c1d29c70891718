"""ColorMNet-lite: its color prior and its confidence head learn; the trunk stays as ImageNet made it.

First the prior alone, on single pictures: the likely a*b* of each place by least squares, and the likelihood of a
normal distribution, by which it learns how far off it may be. It needs many different things rather than long clips:
most samples are photographs. Colors are never changed here: natural ones are what is to be learnt.

Then, on clips, the confidence head as well: the likelihood of a Laplace distribution around the colors made. A few
clips of a batch suffice for it, since it is small and knows no hue.

What weighs the candidates is not learnt: each way of learning it has made hard clips worse
(docs/models/colormnet-lite.md).
"""

from copy import deepcopy
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.data.dataset import Variety
from kinemacolor.data.samples import Batch
from kinemacolor.frames import size_of
from kinemacolor.models import colormnet_lite
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteColorizer, ColorMNetLiteConfig
from kinemacolor.models.colormnet_lite.clip import ClipSettings, scored_clips
from kinemacolor.models.colormnet_lite.network import maps_of
from kinemacolor.resize import resize
from kinemacolor.training.coloring import colored
from kinemacolor.training.recipe import Moment, Recipe, Stage

_UNIT = 10.0
_LEAST_ERROR = 0.5
_LIKELIHOOD = 0.1
_CLIPS_SCORED = 2


def recipe(
    initial: Path | None = None,
    *,
    config: ColorMNetLiteConfig | None = None,
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
        losses=partial(losses, clips or ClipSettings()),
        predict=lambda network, batch: colored(ColorMNetLiteColorizer(network, device=batch.lumas.device), batch),
        save=colormnet_lite.save,
        stages=(Stage(0.85, frames=1, crop_px=256), Stage(1.0, frames=8, crop_px=192, max_jump=3)),
        steps=600,
        batch=12,
        learning_rate=2e-3,
        weight_decay=0.02,
        warm_up_steps=50,
        clip_norm=1.0,
        ema_decay=0.995,
        frozen_norms=True,
        every_parameter_used=False,
        groups=_groups,
        short_side_px=256,
        variety=Variety(
            photograph=0.75,
            frame_before=0.3,
            same_frame=0.1,
            other_frame=0.4,
            other_augmentation=0.05,
            unrelated=0.15,
            occluder=0.1,
            clean=0.7,
            color_change=0.0,
            elsewhere=0.5,
            crop_area=(0.25, 1.0),
        ),
    )


def _groups(network: ColorMNetLite) -> list[tuple[list[nn.Parameter], float]]:
    return [(list(network.prior.parameters()), 1.0), (list(network.confidence_head.parameters()), 1.0)]


def losses(clips: ClipSettings, network: ColorMNetLite, batch: Batch, moment: Moment) -> dict[str, Tensor]:
    """The weighted terms: the prior's on the first frame of each clip, the confidence head's on the clips."""
    made = prior_losses(network, batch.lumas[:, 0], batch.chromas[:, 0])
    if batch.lumas.shape[1] > 1:
        few = slice(min(_CLIPS_SCORED, len(batch.lumas)))
        exemplar = batch.exemplar_luma[few], batch.exemplar_chroma[few], batch.related[few]
        scored = scored_clips(network, batch.lumas[few], *exemplar, moment.generator, clips)
        truth = batch.chromas[few, -scored.chromas.shape[1] :]
        made["confidence"] = _LIKELIHOOD * error_likelihood(scored.chromas, scored.log_error, truth)
    return made


def prior_losses(
    network: ColorMNetLite, lumas: Float[Tensor, "b 1 h w"], chromas: Float[Tensor, "b 2 h w"]
) -> dict[str, Tensor]:
    """Least squares in units of 10 a*b*, and the likelihood of what is left over under a normal distribution."""
    with torch.no_grad():
        maps = network.trunk(lumas)
        keys = torch.stack([maps_of(maps, i).key for i in range(len(lumas))])
    size = size_of(keys)
    prior_colors = network.prior(keys, resize(lumas, size))
    truth = resize(chromas, size)
    squared = (prior_colors.chroma - truth).square().mean(1, keepdim=True)
    likelihood = squared.detach() * (-prior_colors.log_variance).exp() + prior_colors.log_variance
    return {"prior": squared.mean() / _UNIT**2, "prior_likelihood": _LIKELIHOOD * likelihood.mean()}


def error_likelihood(
    chromas: Float[Tensor, "b t 2 h2 w2"], log_error: Float[Tensor, "b t 1 h4 w4"], truth: Float[Tensor, "b t 2 h w"]
) -> Float[Tensor, ""]:
    """``mean(|error| / s + log s)`` with ``s = exp(log_error)``: least where s is the error to be expected.

    The error is the mean over a* and b*, plus 0.5 (what 8-bit color cannot show).
    """
    size = size_of(chromas)
    error = (chromas.flatten(0, 1) - resize(truth.flatten(0, 1), size)).abs().mean(1, keepdim=True) + _LEAST_ERROR
    pooled = F.avg_pool2d(error, 2, ceil_mode=True).view_as(log_error)
    return (pooled * (-log_error).exp() + log_error).mean()
