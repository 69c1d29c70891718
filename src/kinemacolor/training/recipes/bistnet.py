"""BiSTNet as its paper trains it (Yang et al., 2022, Sections 3.4 and 4): two exemplars, Adam at 2e-4, batch 8.

A clip lies between two exemplars: the sample's own, which is the frame before it, and its last frame in color,
which is not learnt from. The loss is Eq. 5, ``2 L_edge + 2 L_hem + L_c``, where L_c is Deep Exemplar's with its
weights, but for the adversarial term, which BiSTNet's text leaves out ("content, perception and temporal
consistency").

What the paper leaves open, and is ours: edges are those of a*b*, since the luma is the film's own and has its edges
by construction; five frames a sample; all but VGG19 and the experts learns; the number of steps (50 epochs of 140
clips, taken as 90 frames each); squares of 224 px of films with that short side, where the paper has all of 384x224.
Perceptual terms see EfficientNet-Lite0 in place of VGG19 (``training.terms``). Segmentation takes part only where it
is given.

It is the paper's network that learns, also where the authors' release is what it begins with: VGG19 and the
correspondence subnet come from there, and the U-nets, which have other inputs, begin at random. Without anything to
begin with VGG19 is random too, which will not do but in tests.
"""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.data.dataset import Variety
from kinemacolor.data.samples import Batch
from kinemacolor.errors import ModelError
from kinemacolor.frames import size_of
from kinemacolor.models import bistnet
from kinemacolor.models.bistnet import BiSTNet, BiSTNetColorizer, BiSTNetConfig, BiSTNetSettings
from kinemacolor.models.bistnet.btfb import linear, weight_of_forward
from kinemacolor.models.bistnet.experts import experts_of
from kinemacolor.models.bistnet.gated_propagation import upsampled
from kinemacolor.models.bistnet.meb import MixedExperts, SegmentationExpert
from kinemacolor.models.bistnet.network import Colors
from kinemacolor.training.coloring import colored
from kinemacolor.training.recipe import Moment, Recipe, Stage
from kinemacolor.training.terms import Colored, TermWeights, weighted_terms

_CHROMA_SCALE = 110.0
_FRAMES, _CROP_PX = 5, 224
_EPOCH_FRAMES = 140 * 90

PAPER_TERMS = TermWeights(
    edge_enhancing=2.0, hard_example=2.0, l1=2.0, perceptual=0.001, contextual=0.2, smoothness=5.0, temporal=0.02
)
"""Eq. 5 with Deep Exemplar's own weights in L_c."""


def recipe(
    initial: Path | None = None,
    *,
    config: BiSTNetConfig | None = None,
    segmentation: SegmentationExpert | None = None,
    terms: TermWeights = PAPER_TERMS,
) -> Recipe:
    """The paper's recipe, from a file that ``bistnet.save`` wrote, from the authors' release, or from random weights.

    Raises ``ModelError`` where ``config`` is that of the release's network, whose training was never published.
    """
    config = config or BiSTNetConfig.paper()
    if config.gated:
        raise ModelError("BiSTNet's recipe trains the paper's network, without gates. Use BiSTNetConfig.paper().")
    experts: dict[torch.device, MixedExperts] = {}

    def experts_on(device: torch.device) -> MixedExperts:
        if device not in experts:
            experts[device] = experts_of({}, config, device, segmentation=segmentation).priors
        return experts[device]

    def losses(network: BiSTNet, batch: Batch, moment: Moment) -> dict[str, Tensor]:
        chromas = clip_chromas(network, batch, experts_on(batch.lumas.device)) / _CHROMA_SCALE
        between = replace(batch, lumas=batch.lumas[:, :-1], chromas=batch.chromas[:, :-1])
        return weighted_terms(terms, Colored(chromas, between, moment.generator))

    def predict(network: BiSTNet, batch: Batch) -> Float[Tensor, "1 t 2 h w"]:
        device = batch.lumas.device
        settings = BiSTNetSettings(size=size_of(batch.lumas), saturation=1.0, keep_exemplars=False)
        colorizer = BiSTNetColorizer(network, experts_on(device), settings=settings, device=device)
        return colored(colorizer, batch, last_is_known=True)

    return Recipe(
        name="bistnet",
        network=lambda: _begun(initial, config),
        losses=losses,
        predict=predict,
        save=bistnet.save,
        stages=(Stage(1.0, _FRAMES, _CROP_PX),),
        steps=50 * _EPOCH_FRAMES // (8 * _FRAMES),
        batch=8,
        learning_rate=2e-4,
        decay="none",
        clip_norm=None,
        every_parameter_used=False,
        groups=_learning,
        short_side_px=_CROP_PX,
        variety=Variety(
            photograph=0.0,
            frame_before=1.0,
            same_frame=0.0,
            other_frame=0.0,
            other_augmentation=0.0,
            unrelated=0.0,
            exposure=0.0,
            color_change=0.0,
            clean=1.0,
        ),
    )


def clip_chromas(network: BiSTNet, batch: Batch, experts: MixedExperts) -> Float[Tensor, "b t1 2 h w"]:
    """The a*b* of each frame but the last, with gradients, from the exemplar before the clip and its last."""
    count = batch.lumas.shape[1]  # the exemplar is frame 0, the clip's frames are 1 to count
    answers = []
    for number, luma in enumerate(batch.lumas):
        forward = network.learn(batch.exemplar_luma[number][None], batch.exemplar_chroma[number][None])
        backward = network.learn(luma[-1:], batch.chromas[number, -1:])
        colors = []
        for place, embedding in enumerate(network.embed(luma[:-1]), 1):
            found = network.match(embedding, forward, backward)
            before, after, fused = (upsampled(each) for each in (found.forward, found.backward, found.fused))
            by_time = linear(before, after, weight_of_forward(place, 0, count))
            colors.append(Colors(before, after, fused, by_time))
        answers.append(network(luma[:-1], colors, experts(luma[:-1])).full)
    return torch.stack(answers)


def _begun(initial: Path | None, config: BiSTNetConfig) -> BiSTNet:
    """The network that training begins with."""
    if initial is None:
        return BiSTNet(config)
    loaded = bistnet.load(initial).network
    if not loaded.config.gated:
        return deepcopy(loaded)  # what was loaded lies in the file still
    network = BiSTNet(config)
    network.features.load_state_dict(loaded.features.state_dict())
    network.correspondence.load_state_dict(loaded.correspondence.state_dict())
    return network


def _learning(network: BiSTNet) -> list[tuple[list[nn.Parameter], float]]:
    """All but VGG19."""
    frozen = {id(parameter) for parameter in network.features.parameters()}
    return [([p for p in network.parameters() if id(p) not in frozen], 1.0)]
