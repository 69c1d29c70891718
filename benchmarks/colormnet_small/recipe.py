"""ColorMNet-small's training: from EfficientNet-Lite0's ImageNet weights, on films and photographs alike.

Clips and crops grow: many short small ones first, to learn to match; then longer and larger ones, to learn not to
drift. The trunk learns at a tenth of the rate and its batch norms keep their statistics. Exemplars are of every kind:
colors are copied, whatever they are, where the exemplar shows the thing, and are muted where it does not, since an
unrelated exemplar says nothing of the truth. The loss is L1, heavier where the truth is vivid.
"""

from copy import deepcopy
from functools import partial
from pathlib import Path

from torch import Tensor, nn

import colormnet_small
from colormnet_small import ColorMNetSmall, ColorMNetSmallColorizer, ColorMNetSmallConfig
from kinemacolor.data.samples import Batch
from kinemacolor.training.coloring import colored
from kinemacolor.training.recipe import Moment, Recipe, Stage
from kinemacolor.training.recipes.propagation import clip_chromas
from kinemacolor.training.terms import Colored, TermWeights, weighted_terms

_TRUNK_RATE = 0.1
DEFAULT_TERMS = TermWeights(vivid_l1=1.0)


def recipe(
    initial: Path | None = None,
    *,
    config: ColorMNetSmallConfig | None = None,
    terms: TermWeights = DEFAULT_TERMS,
) -> Recipe:
    """The recipe, from the weights in ``initial``; else random ones of ``config``, else ImageNet's trunk."""

    def network() -> ColorMNetSmall:
        if initial is not None:
            return deepcopy(colormnet_small.load_network(initial))  # what was loaded lies in the file still
        return ColorMNetSmall(config) if config is not None else ColorMNetSmall.with_imagenet_trunk()

    return Recipe(
        name="colormnet-small",
        network=network,
        losses=partial(losses, terms),
        predict=lambda network, batch: colored(ColorMNetSmallColorizer(network), batch),
        save=colormnet_small.save,
        stages=(
            Stage(0.4, frames=3, crop_px=160),
            Stage(0.75, frames=4, crop_px=192, max_jump=10),
            Stage(1.0, frames=6, crop_px=256),
        ),
        steps=20_000,
        batch=4,
        learning_rate=5e-4,
        weight_decay=1e-4,
        warm_up_steps=200,
        clip_norm=1.0,
        frozen_norms=True,
        every_parameter_used=False,
        groups=_groups,
    )


def _groups(network: ColorMNetSmall) -> list[tuple[list[nn.Parameter], float]]:
    trunk = list(network.encoder.trunk.parameters())
    of_trunk = {id(parameter) for parameter in trunk}
    return [(trunk, _TRUNK_RATE), ([p for p in network.parameters() if id(p) not in of_trunk], 1.0)]


def losses(terms: TermWeights, network: ColorMNetSmall, batch: Batch, moment: Moment) -> dict[str, Tensor]:
    """The weighted terms over all frames."""
    chromas = clip_chromas(network, batch, moment).float()
    return weighted_terms(terms, Colored(chromas, batch, moment.generator))
