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


def _of_reach(name: str, title: str) -> tuple[Figure, Figure, Figure]:
    """The figures of the places that an exemplar reaches in one way."""
    return (
        Figure(f"share_{name}", f"% {title}", f"share of the places that are {title}", "neither", 0, of_clip=True),
        Figure(f"rms_{name}", f"rms {title}", f"rms distance in a*b* of what is {title}", "lower", 2, of_clip=True),
        Figure(
            f"kept_{name}",
            f"kept {title} %",
            f"chroma of what is {title}, of the truth's",
            "neither",
            0,
            of_clip=True,
        ),
    )


_BY_REACH = (
    *_of_reach("tracked", "tracked"),
    *_of_reach("alike", "alike"),
    *_of_reach("out", "out of reach"),
    Figure(
        "left_gray", "left gray %", "of places with chroma above 12: below a third of it", "lower", 1, of_clip=True
    ),
)
REACH_FIGURES = tuple(figure.name for figure in _BY_REACH)
"""Figures by how far the exemplar reaches; each with the name of ``kinemacolor.evaluation.by_reach``."""

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
    *_BY_REACH,
    Figure("cdc", "CDC", "histogram change over 1, 2 and 4 frames", "lower", 6, False, of_clip=True),
)  # fmt: skip

FIGURES: dict[str, Figure] = {figure.name: figure for figure in _ALL}
"""Every figure by the name that tables, CSV and JSON use."""
