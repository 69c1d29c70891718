"""The most similar places of a bank for each place of a frame: all compared, or first in fours, then one by one.

Places next to each other are alike. So the mean key of four (2 x 2) finds the fours of the bank that are most like
it, and only their members are compared one by one: at 854x480 a third of the time of comparing all, with 87 % of the
same places found (benchmarks/results/2026-11-29-speed.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor

_ROWS_AT_ONCE = 1024
_FOURS_AT_ONCE = 256
_IN_A_ROW = 12
_HIDDEN = -1e4


@dataclass(frozen=True, slots=True)
class Counts:
    """How many fours are looked through, and how many places of these are given."""

    fours: int
    top_k: int


@dataclass(frozen=True, slots=True)
class Fours:
    """Places by fours, ``ceil(h / 2)`` by ``ceil(w / 2)`` of them: mean key (a unit vector), members, and which are.

    At an odd edge, and where an exemplar's alpha hides a place, a four has fewer members.
    """

    key: Float[Tensor, "m p"]
    members: Int[Tensor, "m 4"]
    there: Bool[Tensor, "m 4"]

    @classmethod
    def of(
        cls, keys: Float[Tensor, "n p"], size: tuple[int, int], shown: Bool[Tensor, " n"] | None = None
    ) -> "Fours":
        """Of the ``keys`` of a picture of ``size`` places, row by row."""
        height, width = size
        rows, columns = torch.arange(-(-height // 2) * 2), torch.arange(-(-width // 2) * 2)
        there = (rows[:, None] < height) & (columns < width)
        members = rows[:, None].clamp_max(height - 1) * width + columns.clamp_max(width - 1)
        members, there = (_in_fours(each).to(keys.device) for each in (members, there))
        if shown is not None:
            there = there & shown[members]
        total = (keys[members].float() * there[..., None]).sum(1)
        return cls(F.normalize(total, dim=1).to(keys.dtype), members, there)

    @classmethod
    def joined(cls, several: Sequence["Fours"], places: Sequence[int]) -> "Fours":
        """Those of several pictures, one after the other; ``places`` is how many each of them has."""
        members, first = [], 0
        for each, count in zip(several, places):
            members.append(each.members + first)
            first += count
        key, there = (torch.cat([getattr(each, name) for each in several]) for name in ("key", "there"))
        return cls(key, torch.cat(members), there)


def rows_at(rows: Shaped[Tensor, "m c"], where: Int[Tensor, "*n"]) -> Shaped[Tensor, "*n c"]:
    """``rows[where]``, which copies rows one number at a time: a third to a sixth of its time on a CPU."""
    return rows.index_select(0, where.flatten()).view(*where.shape, rows.shape[1])


def _in_fours(places: Tensor) -> Tensor:
    """An even ``h w`` grid as ``(h / 2 * w / 2) 4``."""
    height, width = places.shape
    return places.view(height // 2, 2, width // 2, 2).transpose(1, 2).reshape(-1, 4)


def nearest_of_all(
    queries: Float[Tensor, "n p"], keys: Float[Tensor, "m p"], shown: Bool[Tensor, " m"] | None, top_k: int
) -> tuple[Float[Tensor, "n k"], Int[Tensor, "n k"]]:
    """Scores and numbers of the ``top_k`` keys most like each query, best first; all are compared."""
    scores, wheres = [], []
    for rows in torch.split(queries, _ROWS_AT_ONCE):
        similarity = rows @ keys.T
        if shown is not None:
            similarity = similarity.masked_fill(~shown, _HIDDEN)
        values, indices = _largest(similarity, top_k)
        scores.append(values.float())
        wheres.append(indices)
    return torch.cat(scores), torch.cat(wheres)


def nearest_in_fours(
    queries: Float[Tensor, "n p"], size: tuple[int, int], keys: Float[Tensor, "m p"], fours: Fours, counts: Counts
) -> tuple[Float[Tensor, "n k"], Int[Tensor, "n k"]]:
    """The same for a picture of ``size`` places among the members of the fours that are most like each of its own."""
    own = Fours.of(queries, size)
    hidden_places = None if bool(fours.there.all()) else ~fours.there
    shown = None if hidden_places is None else fours.there.any(1)
    _, near = nearest_of_all(own.key, fours.key, shown, counts.fours)
    score = queries.new_empty(len(queries), counts.top_k, dtype=torch.float32)
    where = near.new_empty(len(queries), counts.top_k)
    for rows in torch.split(torch.arange(len(own.key), device=queries.device), _FOURS_AT_ONCE):
        candidates = rows_at(fours.members, near[rows]).flatten(1)
        similarity = torch.bmm(rows_at(queries, own.members[rows]), rows_at(keys, candidates).mT).float()
        if hidden_places is not None:
            similarity = similarity.masked_fill(rows_at(hidden_places, near[rows]).flatten(1)[:, None], _HIDDEN)
        values, order = similarity.topk(counts.top_k, dim=2)
        places = own.members[rows].flatten()
        score[places] = values.flatten(0, 1)
        where[places] = candidates[:, None].expand(-1, 4, -1).gather(2, order).flatten(0, 1)
    return score, where


def _largest(rows: Float[Tensor, "n m"], count: int) -> tuple[Float[Tensor, "n k"], Int[Tensor, "n k"]]:
    """The ``count`` largest of each row and where they are, best first; twice as fast as ``topk`` on long rows.

    The largest lie in the ``count`` groups whose maxima are largest, so only these groups are sorted.
    """
    width = rows.shape[1] // _IN_A_ROW
    if width < 4 * count:
        values, indices = rows.topk(min(count, rows.shape[1]), dim=1)
        return values, indices
    grouped = rows[:, : width * _IN_A_ROW].view(len(rows), _IN_A_ROW, width)
    groups = grouped.amax(1).topk(count, dim=1).indices
    members = (groups[:, :, None] + width * torch.arange(_IN_A_ROW, device=rows.device)).flatten(1)
    rest = torch.arange(width * _IN_A_ROW, rows.shape[1], device=rows.device).expand(len(rows), -1)
    members = torch.cat((members, rest), dim=1)
    values, order = rows.gather(1, members).topk(count, dim=1)
    return values, members.gather(1, order)
