"""Carried and matched colors made one: a scalar Kalman filter for each pixel (Kalman, 1960).

Color carried by optical flow is exact at first and drifts; color matched to an exemplar is coarse and does not.
Each has a variance, and the better known one weighs more. Variances are in arbitrary units: only ratios count.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from kinemacolor.frames import Chroma


@dataclass(frozen=True, slots=True)
class Noise:
    """Where doubt comes from.

    Carrying adds ``step``, plus ``per_luma`` times the squared difference in L* between the frame and the carried
    one, plus ``lost`` where the flow is inconsistent. A match has ``match`` at similarity 1, growing as
    ``exp(match_slope (1 - similarity))``.
    """

    step: float = 0.002
    per_luma: float = 0.03
    lost: float = 10.0
    match: float = 1.0
    match_slope: float = 6.0


def carried_variance(
    variance: Float[Tensor, "1 h w"],
    luma_difference: Float[Tensor, "1 h w"],
    consistent: Bool[Tensor, "1 h w"],
    noise: Noise,
) -> Float[Tensor, "1 h w"]:
    """The variance of carried colors (prediction step)."""
    return variance + noise.step + noise.per_luma * luma_difference.square() + noise.lost * (~consistent)


def fuse(
    carried: Chroma,
    variance: Float[Tensor, "1 h w"],
    matched: Chroma,
    similarity: Float[Tensor, "1 h w"],
    noise: Noise,
) -> tuple[Chroma, Float[Tensor, "1 h w"]]:
    """The fused colors and their variance (update step)."""
    doubt = noise.match * torch.exp(noise.match_slope * (1 - similarity))
    gain = variance / (variance + doubt)
    return carried + gain * (matched - carried), (1 - gain) * variance
