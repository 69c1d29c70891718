"""The L1 loss: the mean absolute difference of chroma (Deep Exemplar, Eq. 14; ColorMNet, Section 4)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def l1_loss(
    predicted: Float[Tensor, "b *n"], truth: Float[Tensor, "b *n"], related: Bool[Tensor, " b"] | None = None
) -> Float[Tensor, ""]:
    """``mean |predicted - truth|``, over the ``related`` samples where given (0 where none is).

    The paper's norm is a sum; the mean makes it independent of size, as both releases have it. Deep Exemplar imposes
    it only where the exemplar is of the same scene.
    """
    if related is None:
        return (predicted - truth).abs().mean()
    per_sample = (predicted - truth).abs().flatten(1).mean(1)
    return (per_sample * related).sum() / related.sum().clamp_min(1)


def vivid_l1_loss(
    predicted: Float[Tensor, "*b 2 h w"], truth: Float[Tensor, "*b 2 h w"], *, gain: float
) -> Float[Tensor, ""]:
    """``mean w |predicted - truth|`` with ``w = 1 + gain C``, C the length of the true chroma. Ours.

    Small saturated things are few pixels, and L1 alone forgives their graying.
    """
    weight = 1 + gain * torch.linalg.vector_norm(truth, dim=-3, keepdim=True)
    return (weight * (predicted - truth).abs()).mean()
