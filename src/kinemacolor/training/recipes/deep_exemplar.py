"""Deep Exemplar as its paper trains it (Zhang et al., 2019, Section 4): pairs of frames, six losses, an adversary.

Both frames of a pair go through the network in one step, the second with the first's answer as its history, through
which gradients flow; before the first there is nothing. tau of Eq. 4 is 0.01. Augmentation is that of Fig. 3 and its
text: photographs bent and moved become frames (``data.augment.pseudo_clip``), lumas get noise that the truth has not,
and exemplars, or what VGG19 sees of them, now and then noise too. Its strength is the release's for lumas (2.0) and
ours for the rest, which the paper does not say.

Ours beside: squares of 256 px, where the paper has 384 x 216, and so the paper's last kernel of the discriminator;
exemplars are frames of the same film or of none, where the paper retrieves photographs from ImageNet; flow is DIS
in place of FlowNet2; network and discriminator step together, each on the other as it was. VGG19 comes from the
weights to begin with; without any it is random, which will not do but in tests.
"""

from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.data.dataset import Variety
from kinemacolor.data.draw import chance
from kinemacolor.data.samples import Batch
from kinemacolor.frames import size_of
from kinemacolor.layers.vgg import VGGMaps
from kinemacolor.models import deep_exemplar
from kinemacolor.models.deep_exemplar import (
    DeepExemplar,
    DeepExemplarColorizer,
    DeepExemplarConfig,
    DeepExemplarSettings,
)
from kinemacolor.models.deep_exemplar.discriminator import Discriminator
from kinemacolor.models.deep_exemplar.network import Learned
from kinemacolor.training.coloring import colored
from kinemacolor.training.recipe import Moment, Recipe, Stage
from kinemacolor.training.recipes.deep_exemplar_terms import PAPER_WEIGHTS, Pair, PairWeights, pair_terms

_TEMPERATURE = 0.01
_CROP_PX = 256
_PAIRS = 70_000 + 768 * 24
"""Augmented photographs, and neighbors among the 25 frames of each film."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Standard deviations: of L* in frames, of L*a*b* in exemplars, and of VGG19's maps of these relative to theirs.

    Of the exemplars a quarter (``often``) are noisy, and of a quarter the maps.
    """

    luma: float = 2.0
    exemplar: float = 5.0
    features: float = 0.3
    often: float = 0.25


PAPER_NOISE = Noise()
"""All three kinds."""


class Contest(nn.Module):
    """The network and its adversary, which learn together."""

    def __init__(self, network: DeepExemplar, discriminator: Discriminator) -> None:
        super().__init__()
        self.network, self.discriminator = network, discriminator


def recipe(
    initial: Path | None = None,
    *,
    config: DeepExemplarConfig | None = None,
    weights: PairWeights = PAPER_WEIGHTS,
    noise: Noise = PAPER_NOISE,
    adversary_width: int = 64,
) -> Recipe:
    """The paper's recipe, from the authors' archive or a file that ``deep_exemplar.save`` wrote."""

    def contest() -> Contest:
        if initial is None:
            network = DeepExemplar(config or DeepExemplarConfig())
        else:
            network = deepcopy(deep_exemplar.load_network(initial))  # what was loaded lies in the file still
        return Contest(network, Discriminator(width=adversary_width, last=(3, 3)))

    return Recipe(
        name="deep-exemplar",
        network=contest,
        losses=partial(losses, weights, noise),
        predict=predict,
        save=lambda both, path: deep_exemplar.save(both.network, path),
        stages=(Stage(1.0, frames=2, crop_px=_CROP_PX, max_jump=1),),
        steps=10 * _PAIRS // 40,
        batch=40,
        learning_rate=2e-4,
        betas=(0.5, 0.999),
        amsgrad=True,
        decay="none",
        clip_norm=None,
        every_parameter_used=False,
        groups=_learning,
        short_side_px=_CROP_PX,
        variety=Variety(
            photograph=70_000 / _PAIRS,
            frame_before=0.0,
            same_frame=0.3,
            other_frame=0.3,
            other_augmentation=0.2,
            unrelated=0.2,
            occluder=0.0,
            exposure=0.0,
            color_change=0.0,
            clean=1.0,
        ),
    )


def losses(weights: PairWeights, noise: Noise, both: Contest, batch: Batch, moment: Moment) -> dict[str, Tensor]:
    """The weighted terms of Eq. 15, and the discriminator's."""
    chromas = pair_chromas(both.network, batch, moment, noise)
    return pair_terms(weights, Pair(chromas, batch, both.network, both.discriminator), moment.part)


def pair_chromas(network: DeepExemplar, batch: Batch, moment: Moment, noise: Noise) -> Float[Tensor, "b t 2 h w"]:
    """The a*b* of each frame, with gradients. What a frame sees of the one before has that one's clean luma."""
    draw = torch.randn(batch.lumas.shape, generator=moment.generator)
    lumas = batch.lumas + noise.luma * draw.to(batch.lumas)
    exemplars = [
        _learned(network, torch.cat(planes), moment, noise)
        for planes in zip(batch.exemplar_luma, batch.exemplar_chroma)
    ]
    chromas: list[Tensor] = []
    before = None
    for time in range(lumas.shape[1]):
        embeddings = network.embed(lumas[:, time])
        aligned = [network.align(e, x, temperature=_TEMPERATURE) for e, x in zip(embeddings, exemplars)]
        chromas.append(network(lumas[:, time], aligned, before))
        before = torch.cat((batch.lumas[:, time], chromas[-1]), 1)
    return torch.stack(chromas, 1)


def _learned(network: DeepExemplar, lab: Float[Tensor, "3 h w"], moment: Moment, noise: Noise) -> Learned:
    """An exemplar, now and then with noise in it; its colors to be copied are never noisy."""
    generator = moment.generator
    seen = lab
    if chance(generator, noise.often):
        seen = lab + noise.exemplar * torch.randn(lab.shape, generator=generator).to(lab)
    maps = network.seen_color(seen[None])
    if chance(generator, noise.often):
        maps = VGGMaps(*(_noisy(level, noise.features, moment) for level in maps))
    return network.learn(lab, maps=maps)


def _noisy(level: Tensor, strength: float, moment: Moment) -> Tensor:
    draw = torch.randn(level.shape, generator=moment.generator).to(level)
    return level + strength * level.std() * draw


def predict(both: Contest, batch: Batch) -> Float[Tensor, "1 t 2 h w"]:
    """The a*b* of each frame of a batch of one, at its own size and without what the release adds."""
    height, width = size_of(batch.lumas)
    settings = DeepExemplarSettings(canvas=(2 * height, 2 * width), saturation=1.0, smoothing=None)
    return colored(DeepExemplarColorizer(both.network, settings=settings), batch)


def _learning(both: Contest) -> list[tuple[list[nn.Parameter], float]]:
    """All but VGG19."""
    frozen = {id(parameter) for parameter in both.network.features.parameters()}
    return [([p for p in both.parameters() if id(p) not in frozen], 1.0)]
