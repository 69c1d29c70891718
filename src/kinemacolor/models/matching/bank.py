"""The exemplars as a bank of places with colours, and how a frame's places find theirs in it.

Coarse to fine: a place at stride 8 finds its ``top_k`` most similar places in the bank; each of its four children at
stride 4 then looks around the corresponding children of these, and takes the softmax-weighted mean of their colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from kinemacolor.frames import Luma
from kinemacolor.models.base import Reference
from kinemacolor.models.matching.features import Features, Projection
from kinemacolor.resize import resize

_ROWS_AT_ONCE = 2048
_GROUPED = 12
_HIDDEN = -1e4
_NEIGHBOURS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1))


@dataclass(frozen=True, slots=True)
class Search:
    """How places are compared.

    A candidate's score is the cosine of the keys, plus ``detail_weight`` times that of the details, minus
    ``luma_weight`` times the difference in L* / 100; ``temperature`` is the softmax's.
    """

    top_k: int = 8
    detail_weight: float | Float[Tensor, ""] = 0.3
    luma_weight: float | Float[Tensor, ""] = 2.0
    temperature: float | Float[Tensor, ""] = 0.06


@dataclass(frozen=True, slots=True)
class Entry:
    """One exemplar: its keys (rows, stride 8), and detail, L*, a*b* and visibility of its places at stride 4."""

    key: Float[Tensor, "n8 p"]
    shown8: Bool[Tensor, " n8"] | None
    detail: Float[Tensor, "n4 d"]
    luma: Float[Tensor, " n4"]
    chroma: Float[Tensor, "n4 2"]
    shown4: Bool[Tensor, " n4"] | None
    size4: tuple[int, int]
    summary: Float[Tensor, " s"]


def _size_of(planes: Tensor) -> tuple[int, int]:
    return planes.shape[-2], planes.shape[-1]


def entry_of(reference: Reference, features: Features, projection: Projection, dtype: torch.dtype) -> Entry:
    """The bank's entry of an exemplar; what its alpha hides by half or more can never be found."""
    device = features.key.device
    size8, size4 = _size_of(features.key), _size_of(features.detail)
    chroma = reference.chroma.to(device, torch.float32)
    shown8 = shown4 = None
    if reference.alpha is None:
        chroma4 = resize(chroma, size4)
    else:
        alpha = reference.alpha.to(device, torch.float32)
        shown8 = resize(alpha, size8)[0].flatten() >= 0.5
        shown4 = resize(alpha, size4)[0].flatten() >= 0.5
        # weighted by alpha, so that hidden colours do not seep in at the border
        chroma4 = resize(chroma * alpha, size4) / resize(alpha, size4).clamp_min(1e-6)
    return Entry(
        key=projection(features.key).to(dtype),
        shown8=shown8,
        detail=features.detail.flatten(1).T.contiguous(),
        luma=resize(reference.luma.to(device, torch.float32), size4).flatten(),
        chroma=chroma4.flatten(1).T.contiguous(),
        shown4=shown4,
        size4=size4,
        summary=features.summary,
    )


@dataclass(frozen=True, slots=True)
class Match:
    """What a frame found, at stride 4: chroma and L* of what is alike, and the best score of the keys (-1..1).

    ``spread`` is the standard deviation of the chroma among what is alike: how much the finds disagree.
    """

    chroma: Float[Tensor, "2 h4 w4"]
    luma: Float[Tensor, "1 h4 w4"]
    spread: Float[Tensor, "1 h4 w4"]
    similarity: Float[Tensor, "1 h4 w4"]


class Bank:
    """All exemplars of a shot. A frame is compared with at most ``at_once`` of them, the most alike as a whole."""

    def __init__(self, entries: Sequence[Entry], projection: Projection, *, at_once: int) -> None:
        self.entries, self.projection, self.at_once = tuple(entries), projection, at_once

    def _active(self, summary: Float[Tensor, " s"]) -> list[Entry]:
        if len(self.entries) <= self.at_once:
            return list(self.entries)
        alike = torch.stack([entry.summary @ summary for entry in self.entries])
        return [self.entries[i] for i in alike.topk(self.at_once).indices.tolist()]

    def match(self, luma: Luma, features: Features, search: Search) -> Match:
        """The colours that a frame's places find in the bank."""
        entries = self._active(features.summary)
        places = _Places.of(entries)
        height8, width8 = features.key.shape[-2:]
        score, where = self._nearest(features, entries, search.top_k)
        size4 = _size_of(features.detail)
        y = torch.arange(size4[0], device=luma.device)
        x = torch.arange(size4[1], device=luma.device)
        parent = ((y // 2)[:, None] * width8 + (x // 2)[None]).flatten()
        child_y = (y % 2)[:, None].expand(size4).flatten()
        child_x = (x % 2)[None].expand(size4).flatten()
        luma4 = resize(luma, size4).flatten()
        detail = features.detail.flatten(1).T
        found = [
            _refined(
                places,
                score[parent[rows]],
                where[parent[rows]],
                child_y[rows],
                child_x[rows],
                detail[rows],
                luma4[rows],
                search,
            )
            for rows in torch.split(torch.arange(len(parent), device=luma.device), 4 * _ROWS_AT_ONCE)
        ]
        planes = torch.cat(found).T.reshape(4, *size4)
        best = score[:, 0].reshape(1, 1, height8, width8)
        similarity = F.interpolate(best, size4, mode="bilinear", align_corners=False)[0]
        return Match(planes[:2], planes[2:3], planes[3:], similarity)

    def _nearest(
        self, features: Features, entries: Sequence[Entry], top_k: int
    ) -> tuple[Float[Tensor, "n k"], Int[Tensor, "n k"]]:
        """Scores and places (through all entries, in order) of the best ``top_k`` at stride 8, best first."""
        queries = self.projection(features.key).to(entries[0].key.dtype)
        scores, wheres = [], []
        for rows in torch.split(queries, _ROWS_AT_ONCE):
            score, where, first = [], [], 0
            for entry in entries:
                similarity = rows @ entry.key.T
                if entry.shown8 is not None:
                    similarity = similarity.masked_fill(~entry.shown8, _HIDDEN)
                values, indices = _largest(similarity, top_k)
                score.append(values.float())
                where.append(indices + first)
                first += len(entry.key)
            values, order = torch.cat(score, 1).topk(min(top_k, sum(s.shape[1] for s in score)), dim=1)
            scores.append(values)
            wheres.append(torch.cat(where, 1).gather(1, order))
        return torch.cat(scores), torch.cat(wheres)


def _largest(rows: Float[Tensor, "n m"], count: int) -> tuple[Float[Tensor, "n k"], Int[Tensor, "n k"]]:
    """The ``count`` largest of each row and where they are, best first; twice as fast as ``topk`` on long rows.

    The largest lie in the ``count`` groups whose maxima are largest, so only these groups are sorted.
    """
    width = rows.shape[1] // _GROUPED
    if width < 4 * count:
        values, indices = rows.topk(min(count, rows.shape[1]), dim=1)
        return values, indices
    grouped = rows[:, : width * _GROUPED].view(len(rows), _GROUPED, width)
    groups = grouped.amax(1).topk(count, dim=1).indices
    members = (groups[:, :, None] + width * torch.arange(_GROUPED, device=rows.device)).flatten(1)
    rest = torch.arange(width * _GROUPED, rows.shape[1], device=rows.device).expand(len(rows), -1)
    members = torch.cat((members, rest), dim=1)
    values, order = rows.gather(1, members).topk(count, dim=1)
    return values, members.gather(1, order)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where each stride-8 place's children lie among all stride-4 places of the entries, joined.

    ``abl`` holds a*, b* and L*.
    """

    y: Int[Tensor, " n8"]
    x: Int[Tensor, " n8"]
    height: Int[Tensor, " n8"]
    width: Int[Tensor, " n8"]
    first: Int[Tensor, " n8"]
    detail: Float[Tensor, "n4 d"]
    abl: Float[Tensor, "n4 3"]
    shown: Bool[Tensor, " n4"] | None

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "_Places":
        columns: list[list[Tensor]] = [[], [], [], [], []]
        first = 0
        for entry in entries:
            height, width = entry.size4
            device = entry.luma.device
            y, x = torch.meshgrid(
                torch.arange(-(-height // 2), device=device) * 2,
                torch.arange(-(-width // 2), device=device) * 2,
                indexing="ij",
            )
            same = torch.ones_like(y).flatten()
            for column, values in zip(columns, (y.flatten(), x.flatten(), same * height, same * width, same * first)):
                column.append(values)
            first += height * width
        shown = None
        if any(entry.shown4 is not None for entry in entries):
            everything = [
                torch.ones_like(e.luma, dtype=torch.bool) if e.shown4 is None else e.shown4 for e in entries
            ]
            shown = torch.cat(everything)
        y8, x8, height8, width8, first8 = (torch.cat(column) for column in columns)
        return cls(
            y=y8,
            x=x8,
            height=height8,
            width=width8,
            first=first8,
            detail=torch.cat([entry.detail for entry in entries]),
            abl=torch.cat([torch.cat((entry.chroma, entry.luma[:, None]), dim=1) for entry in entries]),
            shown=shown,
        )


def _refined(
    places: _Places,
    score: Float[Tensor, "m k"],
    where: Int[Tensor, "m k"],
    child_y: Int[Tensor, " m"],
    child_x: Int[Tensor, " m"],
    detail: Float[Tensor, "m d"],
    luma: Float[Tensor, " m"],
    search: Search,
) -> Float[Tensor, "m 4"]:
    """a*, b*, L* and spread of stride-4 places: the weighted mean around the children of their parents' matches."""
    y, x = places.y[where] + child_y[:, None], places.x[where] + child_x[:, None]
    height, width, first = places.height[where], places.width[where], places.first[where]
    found = torch.cat(
        [
            first + (y + dy).clamp_min(0).minimum(height - 1) * width + (x + dx).clamp_min(0).minimum(width - 1)
            for dy, dx in _NEIGHBOURS
        ],
        dim=1,
    )
    likeness = torch.bmm(places.detail[found], detail[:, :, None])[..., 0]
    total = score.repeat(1, len(_NEIGHBOURS)) + search.detail_weight * likeness
    alike = places.abl[found]
    total = total - search.luma_weight / 100 * (alike[..., 2] - luma[:, None]).abs()
    if places.shown is not None:
        total = total.masked_fill(~places.shown[found], _HIDDEN)
    weights = (total / search.temperature).softmax(1)
    mean = torch.bmm(weights[:, None], alike)[:, 0]
    deviation = (alike[..., :2] - mean[:, None, :2]).square().sum(-1)
    spread = ((weights * deviation).sum(1, keepdim=True) + 1e-6).sqrt()
    return torch.cat((mean, spread), dim=1)
