"""Colors from references, each position's from the positions that tracking allows (Section 3.2, Eq. 3 to 11).

References compete in one softmax. The printed denominators of Eq. 6 and 8 sum over target positions; we sum over
reference positions, so that the weights of a target position add to 1. Masking before the softmax equals masking and
renormalising after it, and never divides 0 by 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from kinemacolor.models.spatiotemporal.tracking_mask import TrackingMask

_PAIRS_AT_ONCE = 2**16
_LOGITS_AT_ONCE = 2**23


@dataclass(frozen=True, slots=True)
class Source:
    """A reference on the grid: Phi(y_r), its a*b*, and which positions count (None: all)."""

    features: Float[Tensor, "m c"]
    chroma: Float[Tensor, "m 2"]
    counted: Bool[Tensor, " m"] | None = None


@dataclass(frozen=True, slots=True)
class Warped:
    """W and S of Eq. 2 on the grid, and the positions that no mask left anything to take from."""

    chroma: Float[Tensor, "n 2"]
    confidence: Float[Tensor, " n"]
    unrestricted: Bool[Tensor, " n"]


def centered(features: Float[Tensor, "c h w"]) -> Float[Tensor, "n c"]:
    """Positions as rows whose dot product is the correlation of Eq. 4: channel means removed, unit length."""
    rows = features.flatten(1).T
    return F.normalize(rows - rows.mean(0), dim=1).contiguous()


def warp(
    features: Float[Tensor, "n c"], sources: Sequence[Source], masks: Sequence[TrackingMask], temperature: float
) -> Warped:
    """Eq. 6 to 11 for one reference or many; ``masks`` are one for each.

    Positions that all masks leave empty take from everywhere instead (the paper does not say what they do).
    Confidence is the largest correlation among the allowed positions, as the backbone's color network expects.
    Positions with few candidates gather only those; others are computed in blocks of rows.
    """
    device = features.device
    count = len(features)
    chroma, confidence = torch.zeros(count, 2, device=device), torch.zeros(count, device=device)
    allowed = [m if s.counted is None else m.counting(s.counted) for m, s in zip(masks, sources)]
    rows, columns = _pairs(allowed, [len(source.features) for source in sources])
    narrow = torch.stack([mask.is_narrow for mask in allowed]).all(0)
    narrow &= torch.bincount(rows, minlength=count) > 0
    joined = _Joined(sources)
    gathered = narrow[rows]
    if bool(narrow.any()):
        _gather(features, joined, rows[gathered], columns[gathered], temperature, chroma, confidence)
    unrestricted = torch.zeros_like(narrow)
    others = torch.nonzero(~narrow)[:, 0]
    for some in torch.split(others, max(1, _LOGITS_AT_ONCE // len(joined.features))):
        mask = torch.cat([each.rows(some) for each in allowed], dim=1)
        unrestricted[some] = ~mask.any(1)
        chroma[some], confidence[some] = _dense(features[some], joined, mask, temperature)
    return Warped(chroma, confidence, unrestricted)


class _Joined:
    """All references' positions in one row after the other."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.features = torch.cat([source.features for source in sources])
        self.chroma = torch.cat([source.chroma for source in sources])
        everything = [torch.ones(len(s.features), dtype=torch.bool, device=s.features.device) for s in sources]
        self.counted = torch.cat([e if s.counted is None else s.counted for s, e in zip(sources, everything)])


def _pairs(masks: Sequence[TrackingMask], sizes: Sequence[int]) -> tuple[Int[Tensor, " p"], Int[Tensor, " p"]]:
    """The candidates of all references: position of the frame, position among all references'."""
    rows, columns = [masks[0].region.new_empty(0)], [masks[0].region.new_empty(0)]
    first = 0
    for mask, size in zip(masks, sizes):
        if mask.candidates is not None:
            rows.append(mask.candidates.indices()[0])
            columns.append(mask.candidates.indices()[1] + first)
        first += size
    return torch.cat(rows), torch.cat(columns)


def _gather(
    features: Tensor,
    joined: _Joined,
    rows: Tensor,
    columns: Tensor,
    temperature: float,
    chroma: Float[Tensor, "n 2"],
    confidence: Float[Tensor, " n"],
) -> None:
    """Softmax by segments over (row, column) pairs; fills in the rows that have any."""
    correlation = torch.cat(
        [
            (features[some] * joined.features[others]).sum(1)
            for some, others in zip(torch.split(rows, _PAIRS_AT_ONCE), torch.split(columns, _PAIRS_AT_ONCE))
        ]
    )
    top = torch.full_like(confidence, -torch.inf).scatter_reduce(0, rows, correlation, "amax")
    weights = ((correlation - top[rows]) / temperature).exp()
    total = torch.zeros_like(confidence).index_add_(0, rows, weights)
    summed = torch.zeros_like(chroma).index_add_(0, rows, weights[:, None] * joined.chroma[columns])
    filled = total > 0
    chroma[filled] = summed[filled] / total[filled, None]
    confidence[filled] = top[filled]


def _dense(
    features: Float[Tensor, "p c"], joined: _Joined, mask: Bool[Tensor, "p m"], temperature: float
) -> tuple[Float[Tensor, "p 2"], Float[Tensor, " p"]]:
    """The rows whose mask may be wide; an empty one is taken as all that counts."""
    mask = torch.where(mask.any(1, keepdim=True), mask, joined.counted)
    correlation = (features @ joined.features.T).masked_fill(~mask, -torch.inf)
    return (correlation / temperature).softmax(1) @ joined.chroma, correlation.amax(1)
