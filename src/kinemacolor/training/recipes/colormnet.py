"""ColorMNet as its paper trains it (Yang et al., 2024, Section 4): L1, Adam at 2e-5, batch 4, 160,000 iterations.

The paper says: Adam with default parameters, a constant rate of 2e-5, the mean absolute error in normalized a*b*,
DAVIS and Videvo. What the authors' release does besides, and this recipe follows where the paper is silent:

- Clips of 8 frames, the first of which is the exemplar, walked at random; frames at most 5, then 10, 15 and again 5
  apart, from 10 %, 30 % and 90 % of 150,000 iterations on (here of the run).
- Squares of 448 px of 36 to 100 % of the frame, flipped half of the time. All batch norms keep their statistics.
- From the fourth frame on, memory is the exemplar and two frames drawn; the deep update runs on one in five.

What the release does otherwise, and this recipe does not: AdamW with a weight decay of 0.05, a rate that falls to a
tenth at iteration 120,000, fp16 with loss scaling, the loss summed over frames (of no consequence to Adam), color
jitter and small affine changes per frame that touch the truth too. It clips no gradient and keeps no running mean of
weights: nor does this recipe clip; the mean is kept beside, ``network.safetensors`` of a checkpoint is without it.

The release begins with ImageNet's ResNet50 and ResNet18 and with DINOv2 ViT-S/14. Give a weights file to begin with;
without one the network begins at random, and 160,000 iterations will not make up for that.
"""

from copy import deepcopy
from pathlib import Path

from torch import Tensor

from kinemacolor.data.dataset import Variety
from kinemacolor.data.samples import Batch
from kinemacolor.models import colormnet
from kinemacolor.models.colormnet import ColorMNet, ColorMNetColorizer, ColorMNetConfig
from kinemacolor.models.colormnet.colorizer import CHROMA_SCALE
from kinemacolor.training.coloring import colored
from kinemacolor.training.losses.l1 import l1_loss
from kinemacolor.training.recipe import Moment, Recipe, Stage
from kinemacolor.training.recipes.propagation import clip_chromas

_FRAMES, _CROP_PX = 7, 448


def recipe(initial: Path | None = None, *, config: ColorMNetConfig | None = None) -> Recipe:
    """The paper's recipe, from the weights in ``initial`` or from random ones of ``config``."""

    def network() -> ColorMNet:
        if initial is None:
            return ColorMNet(config or ColorMNetConfig())
        loaded = colormnet.load(initial).network
        assert isinstance(loaded, ColorMNet)
        return deepcopy(loaded)  # what was loaded lies in the file still

    return Recipe(
        name="colormnet",
        network=network,
        losses=losses,
        predict=lambda network, batch: colored(ColorMNetColorizer(network), batch),
        save=colormnet.save,
        stages=(
            Stage(0.1 * 150 / 160, _FRAMES, _CROP_PX, max_jump=5),
            Stage(0.3 * 150 / 160, _FRAMES, _CROP_PX, max_jump=10),
            Stage(0.9 * 150 / 160, _FRAMES, _CROP_PX, max_jump=15),
            Stage(1.0, _FRAMES, _CROP_PX, max_jump=5),
        ),
        steps=160_000,
        batch=4,
        learning_rate=2e-5,
        decay="none",
        clip_norm=None,
        frozen_norms=True,
        every_parameter_used=False,
        short_side_px=480,
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


def losses(network: ColorMNet, batch: Batch, moment: Moment) -> dict[str, Tensor]:
    """The mean absolute error of all frames."""
    return {"l1": l1_loss(clip_chromas(network, batch, moment), batch.chromas / CHROMA_SCALE)}
