"""The protocols: which frames, at which size, with which exemplars, by which figures."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from kinemacolor.errors import SettingError
from kinemacolor.evaluation.figures import REACH_FIGURES

Keeps = Literal["film luma", "lightness"]


@dataclass(frozen=True, slots=True)
class Protocol:
    """The rules by which a table is made.

    ``size`` (height, width) is that to which every picture is brought first, None leaves them. At most ``frames`` are
    taken of a clip; ``margin`` of them at each end do not count (exemplar frames never do, but for figures of change
    in time). ``keeps`` is what a row sees of a frame and what its pictures keep: ``film luma`` is Y', as in a film
    that ``colorize`` writes; ``lightness`` is the truth's own L*, as the papers take it. ``notes`` say where a paper
    leaves something open, or its release does otherwise.
    """

    name: str
    summary: str
    figures: tuple[str, ...]
    exemplars: str = "first"
    size: tuple[int, int] | None = None
    frames: int | None = None
    margin: int = 0
    keeps: Keeps = "film luma"
    notes: tuple[str, ...] = ()

    def counts(self, index: int, frames: int) -> bool:
        """Whether this frame of a clip of ``frames`` is among those that count."""
        return self.margin <= index < frames - self.margin

    def only(self, figures: Sequence[str] | None) -> "Protocol":
        """The same with some of its figures; None leaves all. Raises ``SettingError`` for one it does not have."""
        if figures is None:
            return self
        unknown = [name for name in figures if name not in self.figures]
        if unknown:
            raise SettingError(
                f"Protocol '{self.name}' has no figure '{unknown[0]}'. It has {', '.join(self.figures)}."
            )
        return replace(self, figures=tuple(name for name in self.figures if name in figures))


PROTOCOLS: dict[str, Protocol] = {
    "standard": Protocol(
        "standard",
        "True PSNR of what colorize writes, mean over frames, then over clips; exemplar frames left out.",
        (
            "psnr", "psnr_ab", "ssim_uniform7", "ssim_gaussian11", "ciede2000", "ciede2000_p90", "cdc", "warp_error",
            "colorfulness", "lpips", "fid", "confidence_spearman",
        ),
    ),
    "reach": Protocol(
        "reach",
        "Where color is lost: errors by how far the first frame reaches, of what colorize writes.",
        ("psnr", "ciede2000", "warp_error", *REACH_FIGURES),
        notes=(
            "A place is tracked where optical flow, chained frame by frame, leads back to the exemplar and to the "
            "true color; alike where it is not tracked but some place of the exemplar looks like it and has its "
            "color; else it is out of reach. Every fourth frame is asked, at a short side of 256, at every fourth "
            "place. An exemplar that is no frame of the clip, or comes after a frame, does not count for it.",
        ),
    ),
    "colormnet-2024": Protocol(
        "colormnet-2024",
        "ColorMNet's Table 1 and 2, by the arithmetic of the script that its authors released.",
        ("psnr_wrapping", "psnr", "ssim_uniform7", "lpips_unscaled", "fid_clip", "cdc"),
        keeps="lightness",
        notes=(
            "The released script subtracts and squares 8-bit arrays, so squared errors wrap modulo 256 from a "
            "difference of 16 on. That the published Table 1 was made with it is an inference; the true PSNR stands "
            "beside it. It also feeds LPIPS with 0..255, and takes FID clip by clip.",
            "The paper does not say which window its SSIM has; scikit-image's default is taken.",
            "The exemplar's frame is left out here.",
        ),
    ),
    "bistnet": Protocol(
        "bistnet",
        "BiSTNet's Table 1: clips of 90 frames, the first and the last as exemplars, frames 6 to 85 scored.",
        ("psnr", "ssim_uniform7", "lpips", "cdc"),
        exemplars="first+last",
        frames=90,
        margin=5,
        keeps="lightness",
        notes=(
            "Frames 6 to 85 are counted from 1, which leaves five at each end; of a shorter clip, too, five at each "
            "end are left out. The paper's methods of one exemplar take the first frame: --exemplars first.",
            "The paper does not give the size of its test pictures; they are taken as they are.",
        ),
    ),
    "deep-exemplar": Protocol(
        "deep-exemplar",
        "Deep Exemplar's measures: PSNR as the film goes on, flicker along motion (Eq. 13), colorfulness.",
        ("psnr", "warp_error", "colorfulness", "top1", "top5", "fid"),
        keeps="lightness",
        notes=(
            "The paper does not say whose motion and mask its table has (it trains with FlowNet2's); here it is DIS "
            "flow of the truth's luma, visible where it agrees both ways. The truth's row is what light brings.",
            "Its accuracy is VGG19's by ImageNet's labels; films have none, so it is agreement with what a network "
            "says of the truth: EfficientNet-Lite0, or VGG19 with --classifier-weights.",
        ),
    ),
    "spatiotemporal": Protocol(
        "spatiotemporal",
        "Spatiotemporal's Tables 1 to 5: pictures of 384x216, inside and outside the object masks, % outliers.",
        (
            "psnr", "psnr_inner", "psnr_outer", "outliers", "outliers_inner", "outliers_outer",
        ),
        size=(216, 384),
        keeps="lightness",
        notes=(
            "Its exemplars are --exemplars first, 9 (the 10th), last, first+last or 9+-10; with a single one the "
            "paper's appendix takes 30 frames a clip (--frames 30).",
            "Pictures are reduced with antialiasing, masks to the nearest pixel; the paper does not say how.",
        ),
    ),
}  # fmt: skip
"""Every protocol by the name that ``--protocol`` takes."""


def protocol_of(name: str) -> Protocol:
    """The protocol with this name. Raises ``SettingError`` naming those there are."""
    try:
        return PROTOCOLS[name]
    except KeyError:
        raise SettingError(f"There is no protocol '{name}'. Protocols: {', '.join(PROTOCOLS)}.") from None
