"""Exemplars in memory for good.

Which of them are asked, how much a partly covered place counts, and what to do where two of them disagree. Not the
paper's, and off unless a ``MemoryPolicy`` asks for it.
"""

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from kinemacolor.models.colormnet.mfp import Affinity
from kinemacolor.models.kept import kept_as

LEAST_COVERAGE = 0.1
"""A token less of whose area is shown is dropped."""

FAR_FRAMES = 240
"""How many frames away an exemplar is as far as can be."""

_CLEAR_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Part:
    """The part of an exemplar that counts. ``coverage`` (0..1) is the share of each token that is shown, None: all.

    ``color`` is its a*b* by token, in CIE units; ``frame`` the frame of the shot that it shows, None for none.
    """

    color: Float[Tensor, "n 2"]
    coverage: Float[Tensor, " n"] | None = None
    frame: int | None = None

    def kept(self) -> Bool[Tensor, " n"]:
        """The tokens that are shown enough."""
        if self.coverage is None:
            return torch.ones(len(self.color), dtype=torch.bool, device=self.color.device)
        return self.coverage >= LEAST_COVERAGE


@kept_as("colormnet-anchor")
@dataclass(frozen=True, slots=True)
class Anchor:
    """One exemplar's rows in permanent memory, what it shows as a whole (the mean of its keys), and its frame."""

    rows: slice
    summary: Float[Tensor, " k"]
    frame: int | None


def most_alike(anchors: list[Anchor], key: Float[Tensor, "n k"], count: int) -> list[Anchor]:
    """The ``count`` anchors whose mean key is most like that of a frame, in the order of ``anchors``."""
    if len(anchors) <= count:
        return anchors
    summaries = torch.stack([anchor.summary for anchor in anchors])
    common = summaries.mean(0)  # what all pictures have in common says nothing
    alike = F.normalize(summaries - common, dim=1) @ (key.mean(0) - common)
    return [anchors[i] for i in sorted(alike.topk(count).indices.tolist())]


def without_conflict(
    answer: Affinity, color: Float[Tensor, "n 2"], anchor: Int[Tensor, " n"], radius: float
) -> Affinity:
    """The answer with one opinion a query: where anchors disagree, only their strongest cluster speaks.

    Of two look-alikes of different color the mean is gray. A query is in conflict where no color has nine tenths of
    the anchors' weight within ``radius`` in a*b*. There the anchors' weight goes to the tokens around the color that
    has most; tokens of no anchor (``anchor`` -1) keep theirs.
    """
    colors, of_anchor = color[answer.token], anchor[answer.token] >= 0
    weight = answer.weight * of_anchor
    near = (colors[:, :, None] - colors[:, None]).norm(dim=-1) <= radius
    mass = (near * weight[:, None]).sum(2) * of_anchor
    strongest = mass.argmax(1)
    total = weight.sum(1)
    in_conflict = mass.gather(1, strongest[:, None])[:, 0] < _CLEAR_SHARE * total
    kept = near[torch.arange(len(near), device=near.device), strongest]
    winning = weight * kept
    share = total / winning.sum(1).clamp_min(1e-12)
    settled = torch.where(of_anchor, winning * share[:, None], answer.weight)
    return replace(answer, weight=torch.where(in_conflict[:, None], settled, answer.weight))


def nearer_first(
    answer: Affinity, anchor: Int[Tensor, " n"], frames: list[int | None], now: int, alpha: float
) -> Affinity:
    """The answer with the anchors' weight shared in favor of those near in time.

    ``p_i <- P softmax_i(s_i - alpha sigma d_i)`` over the anchors' tokens: P is their weight, sigma the spread of the
    scores that answer, ``d_i`` the distance in time, 1 at ``FAR_FRAMES`` and beyond. ``frames`` are the anchors', by
    number; None, no frame of the shot, is far.
    """
    of_anchor = anchor[answer.token] >= 0
    score = answer.weight.clamp_min(1e-30).log()  # but for a constant of each query, which a softmax does not see
    sigma = score.std(dim=1, keepdim=True, correction=0)
    far = [1.0 if frame is None else min(1.0, abs(now - frame) / FAR_FRAMES) for frame in frames]
    away = score.new_tensor([*far, 0.0])[anchor[answer.token]]  # the last is what -1 finds
    moved = (score - alpha * sigma * away).masked_fill(~of_anchor, -torch.inf)
    total = (answer.weight * of_anchor).sum(1, keepdim=True)
    shared = torch.where(total > 0, total * moved.softmax(1).nan_to_num(), 0)
    return replace(answer, weight=torch.where(of_anchor, shared, answer.weight))
