"""Shared by the recipes of ColorMNet and its relatives: a clip through the network in training, and in use."""

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.data.samples import Batch
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet.colorizer import CHROMA_SCALE, ColorMNetColorizer, normalized_luma
from kinemacolor.models.colormnet.propagation import PropagationNetwork
from kinemacolor.training.recipe import Moment


def clip_chromas(network: PropagationNetwork, batch: Batch, moment: Moment) -> Float[Tensor, "b t 2 h w"]:
    """The chroma (a*b* / 110) of each frame, with gradients; the exemplar takes the place of the frame before."""
    lumas = torch.cat((batch.exemplar_luma[:, None], batch.lumas), dim=1)
    chromas: Tensor = network(
        normalized_luma(lumas),
        batch.exemplar_chroma / CHROMA_SCALE,
        generator=moment.generator,
        checkpointed=moment.checkpointed,
    )
    return chromas


def colored(colorizer: ColorMNetColorizer, batch: Batch) -> Float[Tensor, "1 t 2 h w"]:
    """The a*b* of each frame of a batch of one, as the model colours a film whose first frame is the exemplar."""
    first = Reference(batch.exemplar_luma[0], batch.exemplar_chroma[0], index=0)
    lumas = (batch.exemplar_luma[0], *batch.lumas[0].unbind(0))
    return torch.stack([answer.chroma for answer in colorizer.colorize(lumas, [first])][1:])[None]
