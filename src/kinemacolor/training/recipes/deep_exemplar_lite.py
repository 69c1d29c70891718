"""Deep Exemplar in small: its colorization subnet learns, its features stay as ImageNet made them.

A clip goes through the network frame by frame, each with the answer for the one before, through which gradients flow;
before the first there is nothing. Later stages only lead to their last frames, so that the network meets errors of
its own. There correspondence runs at the size it has in use (a short side of 216), on squares of nearly the whole
height, so that a similarity means what it means there; smaller squares come first, to be quick. Hues are turned in
most samples, exemplars often show another part of the picture or something else: what is learnt is where to trust
which color, not which colors there are.

Two terms, L1 and L2. The paper's other terms are in ``deep_exemplar``. A step takes a second or two of a core.
"""

from copy import deepcopy
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from kinemacolor.data.dataset import Variety
from kinemacolor.data.samples import Batch
from kinemacolor.models.deep_exemplar.colorizer import DeepExemplarColorizer
from kinemacolor.models.deep_exemplar.network import Aligned
from kinemacolor.models.deep_exemplar_lite import SETTINGS, load_network, save
from kinemacolor.models.deep_exemplar_lite.colorization import LightColorizationConfig
from kinemacolor.models.deep_exemplar_lite.features import EfficientNetFeatures
from kinemacolor.models.deep_exemplar_lite.network import DeepExemplarLite
from kinemacolor.training.coloring import colored
from kinemacolor.training.recipe import Moment, Recipe, Stage
from kinemacolor.training.terms import Colored, TermWeights, weighted_terms

_UNIT = 110.0
_FIRST_PX, _USED_PX = 160, 216
_LEARNED_FRAMES = 4
DEFAULT_TERMS = TermWeights(l1=1.0, l2=4.0)


def recipe(
    initial: Path | None = None,
    *,
    config: LightColorizationConfig | None = None,
    features: EfficientNetFeatures | None = None,
    terms: TermWeights = DEFAULT_TERMS,
) -> Recipe:
    """The recipe, from the weights in ``initial``; else from a subnet that answers with the warped colors."""

    def network() -> DeepExemplarLite:
        if initial is not None:
            return deepcopy(load_network(initial))  # what was loaded lies in the file still
        return DeepExemplarLite(config or LightColorizationConfig(), features)

    return Recipe(
        name="deep-exemplar-lite",
        network=network,
        losses=partial(losses, terms),
        predict=lambda network, batch: colored(DeepExemplarColorizer(network, settings=SETTINGS), batch),
        save=save,
        stages=(
            Stage(0.7, frames=4, crop_px=_FIRST_PX, max_jump=2),
            Stage(1.0, frames=6, crop_px=_USED_PX, max_jump=2),
        ),
        steps=1500,
        batch=2,
        learning_rate=3e-3,
        weight_decay=1e-4,
        warm_up_steps=20,
        clip_norm=1.0,
        ema_decay=0.98,
        bf16=True,
        groups=_learning,
        short_side_px=256,
        variety=Variety(
            photograph=0.15,
            frame_before=0.1,
            same_frame=0.1,
            other_frame=0.55,
            other_augmentation=0.1,
            unrelated=0.15,
            clean=0.85,
            color_change=0.85,
            elsewhere=0.4,
            crop_area=(0.36, 0.8),
        ),
    )


def losses(terms: TermWeights, network: DeepExemplarLite, batch: Batch, moment: Moment) -> dict[str, Tensor]:
    """The weighted terms over the frames that have gradients."""
    count = batch.lumas.shape[1]
    aligned = _aligned(network, batch)
    chromas: list[Tensor] = []
    before = None
    for time in range(count):
        with torch.set_grad_enabled(torch.is_grad_enabled() and time >= count - _LEARNED_FRAMES):
            chromas.append(network(batch.lumas[:, time], aligned[time], before).float())
        before = torch.cat((batch.lumas[:, time], chromas[-1]), 1)
    last = chromas[-_LEARNED_FRAMES:]
    learned = Batch(
        batch.lumas[:, -len(last) :],
        batch.chromas[:, -len(last) :],
        batch.exemplar_luma,
        batch.exemplar_chroma,
        batch.related,
    )
    return weighted_terms(terms, Colored(torch.stack(last, 1) / _UNIT, learned, moment.generator))


@torch.no_grad()
def _aligned(network: DeepExemplarLite, batch: Batch) -> list[list[Aligned]]:
    """W and S by frame and clip; in fp32, since cosines that differ by a hundredth are told apart."""
    with torch.autocast(batch.lumas.device.type, enabled=False):
        exemplars = [network.learn(torch.cat(planes)) for planes in zip(batch.exemplar_luma, batch.exemplar_chroma)]
        return [
            [
                network.align(embedding, exemplar, temperature=SETTINGS.temperature)
                for embedding, exemplar in zip(network.embed(lumas), exemplars)
            ]
            for lumas in batch.lumas.unbind(1)
        ]


def _learning(network: DeepExemplarLite) -> list[tuple[list[nn.Parameter], float]]:
    """The colorization subnet."""
    return [(list(network.colorization.parameters()), 1.0)]
