"""MEB: what two experts, trained elsewhere, say of a gray frame (BiSTNet, Section 3.2).

An expert is anything that maps gray pictures to maps of their size. Where one is not there, a plain stand-in takes
its place, so that the network's input keeps its channels.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

EdgeExpert = Callable[[Float[Tensor, "b 1 h w"]], Float[Tensor, "b 1 h w"]]
"""How likely each pixel of gray pictures in 0..1 lies on an edge, 0..1 (``layers.hed.HED``)."""


@runtime_checkable
class SegmentationExpert(Protocol):
    """The class of each pixel of gray pictures in 0..1: a map for each of ``classes``, the same for every call.

    The paper wants probabilities; the release's network was trained on scores of zero mean and unit variance.
    """

    classes: int

    def __call__(self, gray: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b classes h w"]:
        """The maps, of the pictures' size."""
        ...


class NoSegmentation:
    """The stand-in: no class is more likely than another, which normalized scores say with zeros."""

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def __call__(self, gray: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b classes h w"]:
        """Zeros."""
        batch, _, height, width = gray.shape
        return gray.new_zeros(batch, self.classes, height, width)


_STEEPNESS = 4.0


def gradient_edges(gray: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b 1 h w"]:
    """The stand-in for HED: steepness of the picture after a 3x3 mean, 0..1; a rise of a quarter a pixel is 1."""
    padded = torch.nn.functional.pad(gray, (2, 2, 2, 2), mode="replicate")
    smooth = torch.nn.functional.avg_pool2d(padded, 3, 1)
    x = (smooth[..., 1:-1, 2:] - smooth[..., 1:-1, :-2]) / 2
    y = (smooth[..., 2:, 1:-1] - smooth[..., :-2, 1:-1]) / 2
    return (_STEEPNESS * (x.square() + y.square() + 1e-12).sqrt()).clamp(0, 1)


@dataclass(frozen=True, slots=True)
class Priors:
    """The image prior of frames: segmentation m^s and edges m^e."""

    segmentation: Float[Tensor, "b k h w"]
    edges: Float[Tensor, "b 1 h w"]


class MixedExperts:
    """Both experts together.

    ``raw_luma`` shows the edge expert L* - 50 as it is instead of 0..1, as the release does by oversight: its edges
    are nearly black or white, and its network was trained on those.
    """

    def __init__(self, edges: EdgeExpert, segmentation: SegmentationExpert, *, raw_luma: bool) -> None:
        self.edges, self.segmentation, self.raw_luma = edges, segmentation, raw_luma

    @torch.no_grad()
    def __call__(self, luma: Float[Tensor, "b 1 h w"]) -> Priors:
        """The answers of the experts for lumas, L* 0..100."""
        gray = luma / 100
        edges = self.edges(luma - 50 if self.raw_luma else gray)
        return Priors(self.segmentation(gray), edges.clamp(0, 1))
