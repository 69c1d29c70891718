"""Chroma smoothed along the luma's own surfaces: the weighted least squares filter behind the release's output.

Fast global smoother (Min et al., 2014, "Fast Global Image Smoothing Based on Weighted Least Squares"): rows and
columns are solved in turn, each a tridiagonal system. Constants are those of OpenCV's ximgproc, which the release
calls: the weight of two neighbors is ``exp(-|difference| / sigma)``, and strength falls to a quarter each time.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How strongly (``strength`` is lambda), and how much difference in luma (0..255) separates neighbors."""

    strength: float = 500.0
    sigma: float = 4.0
    iterations: int = 3
    attenuation: float = 0.25


def smoothed(planes: Float[Tensor, "c h w"], guide: Float[Tensor, "1 h w"], how: Smoothing) -> Float[Tensor, "c h w"]:
    """Planes without differences where ``guide`` (0..255) has none; of their mean nothing is lost."""
    alike_right = torch.exp(-guide.diff(dim=2).abs() / how.sigma)[0]
    alike_down = torch.exp(-guide.diff(dim=1).abs() / how.sigma)[0].T
    strength = how.strength
    for _ in range(how.iterations):
        planes = _along_rows(planes, strength * alike_right)
        planes = _along_rows(planes.mT, strength * alike_down).mT
        strength *= how.attenuation
    return planes.contiguous()


def _along_rows(planes: Float[Tensor, "c h w"], pull: Float[Tensor, "h w1"]) -> Float[Tensor, "c h w"]:
    """The u of ``(I + A) u = f`` for each row f, where A pulls neighbors together (the paper's Eq. 7 to 9).

    Gaussian elimination from left to right and back, all rows of all planes at once.
    """
    # columns first, so that one column of all rows and planes lies together in memory
    values = planes.permute(2, 0, 1).contiguous()
    pulls = pull.T.contiguous()
    none = torch.zeros_like(pulls[:1])
    diagonal = 1 + torch.cat((none, pulls)) + torch.cat((pulls, none))
    carried = torch.empty_like(pulls)
    values[0] /= diagonal[0]
    for i in range(1, len(values)):
        carried[i - 1] = pulls[i - 1] / diagonal[i - 1]
        diagonal[i] -= pulls[i - 1] * carried[i - 1]
        values[i].addcmul_(pulls[i - 1], values[i - 1]).div_(diagonal[i])
    for i in range(len(values) - 2, -1, -1):
        values[i].addcmul_(carried[i], values[i + 1])
    return values.permute(1, 2, 0)
