"""The perceptual loss: how far two pictures lie apart in the features of a classifier (Deep Exemplar, Eq. 8)."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor


def perceptual_loss(
    predicted: Float[Tensor, "b c h w"],
    truth: Float[Tensor, "b c h w"],
    features: Callable[[Tensor], Tensor],
) -> Float[Tensor, ""]:
    """``|| F(predicted) - F(truth) ||^2``, as a mean over features as in the release. No gradient into ``truth``.

    ``features`` is the paper's VGG19 up to relu5_2, or any other extractor of one map.
    """
    return (features(predicted) - features(truth).detach()).square().mean()
