"""The figures there are: each one's name, title, unit, and which way is better."""

from dataclasses import dataclass
from typing import Literal

Better = Literal["higher", "lower", "neither"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One column of a table. ``of_clip``: it is no mean over frames, but said of a clip as a whole.

    ``pooled``: it is said of all clips together only.
    """

    name: str
    title: str
    meaning: str
    better: Better
    digits: int
    needs_truth: bool = True
    of_clip: bool = False
    pooled: bool = False


_ALL = (
    Figure("psnr", "PSNR", "dB over R, G, B of 8-bit pictures, in float64", "higher", 2),
    Figure("psnr_ab", "PSNR ab", "dB over a* and b* of 8-bit pictures, for a peak of 255", "higher", 2),
    Figure("psnr_wrapping", "PSNR wrapped", "dB with 8-bit errors that wrap modulo 256", "higher", 2),
    Figure("ssim_uniform7", "SSIM 7", "over R, G, B with a 7x7 box", "higher", 4),
    Figure("ssim_gaussian11", "SSIM 11", "over R, G, B with an 11x11 Gaussian", "higher", 4),
    Figure("ciede2000", "dE00", "CIEDE2000, mean over pixels", "lower", 2),
    Figure("ciede2000_p90", "dE00 90 %", "CIEDE2000 that nine tenths of the pixels do not exceed", "lower", 2),
    Figure("lpips", "LPIPS", "AlexNet, version 0.1, inputs -1..1", "lower", 4),
    Figure("lpips_unscaled", "LPIPS 0..255", "LPIPS of inputs 0..255, as in ColorMNet's script", "lower", 4),
    Figure("fid", "FID", "all clips together, Google's Inception of 2015", "lower", 2, of_clip=True, pooled=True),
    Figure("fid_clip", "FID by clip", "clip by clip, torchvision's Inception, averaged", "lower", 2, of_clip=True),
    Figure("top1", "top-1 %", "frames that a classifier names as it names the truth", "higher", 1),
    Figure("top5", "top-5 %", "frames whose true name is among its first five", "higher", 1),
    Figure("outliers", "outliers %", "pixels more than 16 RGB units from the truth", "lower", 1),
    Figure("psnr_inner", "PSNR inner", "dB inside the object masks", "higher", 2),
    Figure("psnr_outer", "PSNR outer", "dB outside the object masks", "higher", 2),
    Figure("outliers_inner", "outliers inner %", "outliers inside the object masks", "lower", 1),
    Figure("outliers_outer", "outliers outer %", "outliers outside the object masks", "lower", 1),
    Figure("warp_error", "warp error", "change of a*b* along motion, where visible", "lower", 3, False),
    Figure("colorfulness", "colorful", "Hasler and Suesstrunk's M(3); the truth's is best", "neither", 1, False),
    Figure("confidence_spearman", "confidence", "Spearman's correlation of confidence and accuracy", "higher", 2),
    Figure("cdc", "CDC", "histogram change over 1, 2 and 4 frames", "lower", 6, False, of_clip=True),
)  # fmt: skip

FIGURES: dict[str, Figure] = {figure.name: figure for figure in _ALL}
"""Every figure by the name that tables, CSV and JSON use."""
