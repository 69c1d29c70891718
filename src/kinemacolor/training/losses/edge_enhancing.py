"""The edge-enhancing loss: edges of the result are those of the film (BiSTNet, Eq. 4)."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

_SOBEL = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])


def sobel(planes: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c 2 h w"]:
    """Sobel's differences along columns and along rows; the picture's border is repeated outwards."""
    kernels = torch.stack((_SOBEL, _SOBEL.T))[:, None].to(planes)
    padded = F.pad(planes, (1, 1, 1, 1), mode="replicate").flatten(0, 1)[:, None]
    return torch.unflatten(F.conv2d(padded, kernels), 0, planes.shape[:2])


def edge_enhancing_loss(predicted: Float[Tensor, "b c h w"], truth: Float[Tensor, "b c h w"]) -> Float[Tensor, ""]:
    """Eq. 4: ``|| S(x) - S(z) ||_2`` as a root mean square, so that it does not grow with the picture.

    The paper does not say which planes; ours are the caller's: the luminance of both pictures, or their chroma.
    """
    return (sobel(predicted) - sobel(truth)).square().mean().clamp_min(1e-12).sqrt()
