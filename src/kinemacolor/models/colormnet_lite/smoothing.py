"""Smoothing of a match along the frame's own luma: places match one by one, and their errors differ."""

from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from kinemacolor.models.matching.bank import Match

_NEAR = 9 / 8  # 1 / (2 sigma^2) at sigma = 2/3 of a place
_CERTAIN = 6.0


def smoothed(match: Match, luma: Float[Tensor, "1 h4 w4"], *, luma_sigma: float) -> Match:
    """Chroma and L* of a match as weighted means over 3 x 3 places.

    A neighbor weighs more if it is near, of like luma, and surely matched: a joint bilateral filter (Petschnigg et
    al., 2004, Eq. 3) times ``exp(6 (its similarity - this one's))``.
    """
    height, width = luma.shape[-2:]
    guide = torch.cat((match.chroma, match.luma, luma, match.similarity))
    around = F.pad(guide[None], (1, 1, 1, 1), mode="replicate")[0]
    total, weights = torch.zeros_like(guide[:3]), torch.zeros_like(luma)
    for dy in range(3):
        for dx in range(3):
            there = around[:, dy : dy + height, dx : dx + width]
            unlike = (there[3:4] - luma).square() / (2 * luma_sigma**2)
            distance = (dy - 1) ** 2 + (dx - 1) ** 2
            weight = torch.exp(_CERTAIN * (there[4:] - match.similarity) - unlike - _NEAR * distance)
            total += weight * there[:3]
            weights += weight
    mean = total / weights
    return replace(match, chroma=mean[:2], luma=mean[2:])
