"""The L1 loss: the mean absolute difference of chroma (Deep Exemplar, Eq. 14; ColorMNet, Section 4)."""

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
