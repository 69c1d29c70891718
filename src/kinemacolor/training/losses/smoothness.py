"""The smoothness loss: a pixel's chroma is that of its neighbors of like color (Deep Exemplar, Eq. 11)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def _neighbors(planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c 9 h w"]:
    """The 3x3 patch of each pixel, row by row; the picture's border is repeated outwards."""
    height, width = planes.shape[-2:]
    padded = F.pad(planes, (1, 1, 1, 1), mode="replicate")
    parts = [padded[..., y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return torch.stack(parts, dim=2)


def wls_weights(lab: Float[Tensor, "b 3 h w"], *, spread: float = 10.0) -> Float[Tensor, "b 9 h w"]:
    """Similarity of each of the 3x3 neighbors to the pixel: ``softmax_j(-|lab_i - lab_j|^2 / spread)``.

    The release's form of the paper's WLS weights, from the true colors; the pixel itself takes part, as there.
    """
    difference = _neighbors(lab) - lab[:, :, None]
    return (-difference.square().sum(1) / spread).softmax(1)


def smoothness_loss(chroma: Float[Tensor, "b 2 h w"], weights: Float[Tensor, "b 9 h w"]) -> Float[Tensor, ""]:
    """Eq. 11 with the square that its print lacks: ``mean (x_i - sum_j w_ij x_j)^2``."""
    smooth = (weights[:, None] * _neighbors(chroma)).sum(2)
    return (chroma - smooth).square().mean()
