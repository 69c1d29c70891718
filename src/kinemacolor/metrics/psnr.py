"""Peak signal-to-noise ratio of pictures and of chroma, and the one that wraps around, to compare with Table 1."""

import math

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

from kinemacolor.frames import RGB

HIGHEST_DB = 100.0
"""Given for equal pictures, whose PSNR is infinite: a mean has to stay finite."""

_PEAK = 255.0
_LEAST_ERROR = _PEAK**2 / 10 ** (HIGHEST_DB / 10)


def psnr_of_error(mean_squared_error: float) -> float:
    """PSNR in dB for a peak of 255, at most ``HIGHEST_DB``; NaN of NaN."""
    if mean_squared_error <= _LEAST_ERROR:
        return HIGHEST_DB
    return 10 * math.log10(_PEAK**2 / mean_squared_error)


def psnr(picture: RGB, truth: RGB, region: Bool[Tensor, "h w"] | None = None) -> float:
    """PSNR in dB over the three channels of two 8-bit pictures, in float64. NaN where the region is empty.

    Equals ``skimage.metrics.peak_signal_noise_ratio`` with ``data_range=255``.
    """
    squares = (picture.double() - truth.double()).square()
    return psnr_of_error((squares if region is None else squares[:, region]).mean().item())


def psnr_ab(chroma: Float[Tensor, "2 h w"], truth: Float[Tensor, "2 h w"]) -> float:
    """PSNR in dB over a* and b* in CIE units, for a peak of 255 (the span of 8-bit a*b*), in float64."""
    return psnr_of_error((chroma.double() - truth.double()).square().mean().item())


def wrapping_psnr(picture: RGB, truth: RGB) -> float:
    """PSNR in dB as ColorMNet's released script has it: 8-bit arrays are subtracted and squared as 8-bit arrays.

    So squared errors wrap modulo 256 from a difference of 16 on, and large errors count like small ones. It is here
    only to stand beside figures that were made so; ``psnr`` is the true one.
    """
    difference = picture.cpu().numpy() - truth.cpu().numpy()
    return psnr_of_error(float(np.square(difference).mean(dtype=np.float64)))
