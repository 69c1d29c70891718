"""Colors of an exemplar brought to where a frame is alike (Eq. 3 to 5), without the HW x HW matrix."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

_CELLS = 1 << 22
"""Pairs of positions that are compared at once: 16 MB of cosines."""


def matched(
    query: Float[Tensor, "c n"],
    key: Float[Tensor, "c m"],
    colors: Float[Tensor, "2 m"],
    *,
    temperature: float,
    counted: Bool[Tensor, " m"] | None = None,
) -> tuple[Float[Tensor, "2 n"], Float[Tensor, " n"]]:
    """W and S: the exemplar's colors at each position of the frame, and the cosine of the most alike place.

    Both sides are unit vectors, as ``CorrespondenceSubnet.embed`` gives. ``temperature`` (tau of Eq. 4) 0 takes the
    most alike place's color alone, which is what the release's 1e-10 does; more takes the mean of all, weighted by
    the softmax of the cosines over it. Only the places ``counted`` take part.

    M of Eq. 3 is computed a few rows at a time and never kept; a gradient through Eq. 4 keeps its rows.
    """
    rows = max(1, _CELLS // key.shape[1])
    found, similarities = [], []
    for first in range(0, query.shape[1], rows):
        cosines = query[:, first : first + rows].T @ key
        if counted is not None:
            cosines = cosines.masked_fill(~counted, -torch.inf)
        similarity, best = cosines.max(dim=1)
        similarities.append(similarity)
        found.append(colors @ (cosines / temperature).softmax(1).T if temperature else colors[:, best])
    return torch.cat(found, dim=1), torch.cat(similarities)
