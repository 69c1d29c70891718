"""Shared by the recipes of ColorMNet and its relatives: a clip through the network in training, and in use."""

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.data.samples import Batch
from kinemacolor.models.colormnet.colorizer import CHROMA_SCALE, normalized_luma
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
