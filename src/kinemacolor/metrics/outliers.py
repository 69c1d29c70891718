"""The share of pixels that someone would have to correct (Spatiotemporal, appendix C, "% Outlier")."""

from jaxtyping import Bool
from torch import Tensor

from kinemacolor.frames import RGB


def outliers(
    picture: RGB, truth: RGB, *, threshold: float = 16.0, region: Bool[Tensor, "h w"] | None = None
) -> float:
    """Percent of pixels whose Euclidean distance from the truth in RGB (0..255) exceeds the threshold.

    NaN where the region is empty.
    """
    distance = (picture.int() - truth.int()).square().sum(0)
    over = distance > threshold**2
    return 100 * (over if region is None else over[region]).double().mean().item()
