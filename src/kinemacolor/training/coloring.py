"""A clip colored as in use, for validation: the one loop in which training asks a model for colors."""

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.data.samples import Batch
from kinemacolor.models.base import Colorizer, Reference


def colored(colorizer: Colorizer, batch: Batch, *, last_is_known: bool = False) -> Float[Tensor, "1 t 2 h w"]:
    """The a*b* of each frame of a batch of one, as the model colors a film whose first frame is the exemplar.

    ``last_is_known``: the clip's own last frame is an exemplar, too.
    """
    references = [Reference(batch.exemplar_luma[0], batch.exemplar_chroma[0], index=0)]
    lumas = (batch.exemplar_luma[0], *batch.lumas[0].unbind(0))
    if last_is_known:
        references.append(Reference(batch.lumas[0, -1], batch.chromas[0, -1], index=len(lumas) - 1))
    return torch.stack([answer.chroma for answer in colorizer.colorize(lumas, references)][1:])[None]
