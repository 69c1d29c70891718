"""The exemplars as a bank of places with colors, and how a frame's places find theirs in it.

Coarse to fine: four places at stride 8 together find the fours that are most like them, each of the four
among these its ``top_k`` most similar places; each of its four children at stride 4 then looks around the
corresponding children of these, and takes the softmax-weighted mean of their colors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from kinemacolor.errors import SettingError
from kinemacolor.frames import Luma
from kinemacolor.layers.place_features import PlaceFeatures, PlaceProjection
from kinemacolor.models.base import Reference
from kinemacolor.models.kept import kept_as
from kinemacolor.models.matching.nearest import Counts, Fours, nearest_in_fours, nearest_of_all, rows_at
from kinemacolor.models.references import counted, fitted
from kinemacolor.resize import resize

_ROWS_AT_ONCE = 1024
_FEW = 24
_HIDDEN = -1e4
_CLEAR_WEIGHT = 0.05


@dataclass(frozen=True, slots=True)
class Search:
    """How places are compared.

    A candidate's score is the cosine of the keys, plus ``detail_weight`` times that of the details, minus
    ``luma_weight`` times the difference in L* / 100; ``temperature`` is the softmax's. ``fours`` is how many fours
    of places are looked through for each four of a frame; 0 looks through all places.
    """

    top_k: int = 8
    fours: int = 32
    detail_weight: float | Float[Tensor, ""] = 0.3
    luma_weight: float | Float[Tensor, ""] = 2.0
    temperature: float | Float[Tensor, ""] = 0.06
    conflict_radius: float | None = None

    def __post_init__(self) -> None:
        if self.top_k < 1:
            raise SettingError(f"top_k {self.top_k} compares with nothing. Give 1 or more; 8 is usual.")
        if self.fours < 0 or 0 < 4 * self.fours < self.top_k:
            raise SettingError(
                f"fours is {self.fours}, too few for top_k {self.top_k}. Give more, or 0 for all places."
            )


@dataclass(frozen=True, slots=True)
class Entry:
    """One exemplar: its keys (rows, stride 8), and detail, L*, a*b* and visibility of its places at stride 4."""

    key: Float[Tensor, "n8 p"]
    shown8: Bool[Tensor, " n8"] | None
    fours: Fours
    detail: Float[Tensor, "n4 d"]
    luma: Float[Tensor, " n4"]
    chroma: Float[Tensor, "n4 2"]
    shown4: Bool[Tensor, " n4"] | None
    size4: tuple[int, int]
    summary: Float[Tensor, " s"]


def _size_of(planes: Tensor) -> tuple[int, int]:
    return planes.shape[-2], planes.shape[-1]


def entry_of(reference: Reference, features: PlaceFeatures, projection: PlaceProjection, dtype: torch.dtype) -> Entry:
    """The bank's entry of an exemplar; what its alpha hides by half or more can never be found."""
    device = features.key.device
    size8, size4 = _size_of(features.key), _size_of(features.detail)
    places = fitted(reference, size4, device)
    shown8 = None
    if reference.alpha is not None:
        shown8 = counted(resize(reference.alpha.to(device, torch.float32), size8))
    key = projection(features.key, dtype)
    return Entry(
        key=key,
        shown8=shown8,
        fours=Fours.of(key, size8, shown8),
        detail=features.detail.flatten(1).T.contiguous().to(dtype),
        luma=places.luma.flatten(),
        chroma=places.chroma.flatten(1).T.contiguous(),
        shown4=counted(places.alpha),
        size4=size4,
        summary=features.summary,
    )


def pictured(lumas: Sequence[Luma]) -> list[Luma]:
    """Enough of the exemplars' lumas, evenly, to know what all keys have in common: 16, or all where there are fewer.

    Whole features are 16 MB a picture at 854x480, and need not be held for all.
    """
    return [lumas[i * len(lumas) // min(16, len(lumas))] for i in range(min(16, len(lumas)))]


@kept_as("match")
@dataclass(frozen=True, slots=True)
class Match:
    """The match of a frame, at stride 4: chroma and L* of what is alike, and the best score of the keys (-1..1).

    ``spread`` is the standard deviation of the chroma among what is alike: how much the finds disagree.
    """

    chroma: Float[Tensor, "2 h4 w4"]
    luma: Float[Tensor, "1 h4 w4"]
    spread: Float[Tensor, "1 h4 w4"]
    similarity: Float[Tensor, "1 h4 w4"]


class Bank:
    """All exemplars of a shot. A frame is compared with at most ``at_once`` of them, the most alike as a whole.

    ``rows_at_once`` of its places are compared together.
    """

    rows_at_once = _ROWS_AT_ONCE

    def __init__(self, entries: Sequence[Entry], projection: PlaceProjection, *, at_once: int) -> None:
        self.entries, self.projection, self.at_once = tuple(entries), projection, at_once
        self._joined: tuple[tuple[int, ...], _Places] | None = None

    def most_alike(self, summary: Float[Tensor, " s"]) -> list[int]:
        """The numbers of the exemplars that a frame with this summary is compared with, the most alike first."""
        if len(self.entries) <= self.at_once:
            return list(range(len(self.entries)))
        alike = torch.stack([entry.summary @ summary for entry in self.entries])
        return alike.topk(self.at_once).indices.tolist()

    def match(self, luma: Luma, features: PlaceFeatures, search: Search) -> Match:
        """The colors that a frame's places find in the bank."""
        places = self._places(self.most_alike(features.summary))
        height8, width8 = features.key.shape[-2:]
        score, where = self._nearest(features, places, search)
        size4 = _size_of(features.detail)
        asked = torch.cat((features.detail, resize(luma, size4)))
        quads = _quads(asked, (height8, width8))
        found = [
            _refined(places, score[rows], where[rows], quads[rows], search)
            for rows in torch.split(torch.arange(len(quads), device=luma.device), self.rows_at_once)
        ]
        planes = torch.cat(found).view(height8, width8, 2, 2, 4).permute(4, 0, 2, 1, 3)
        planes = planes.reshape(4, 2 * height8, 2 * width8)[:, : size4[0], : size4[1]]
        best = score[:, 0].reshape(1, 1, height8, width8)
        similarity = F.interpolate(best, size4, mode="bilinear", align_corners=False)[0]
        return Match(planes[:2], planes[2:3], planes[3:], similarity)

    def _places(self, numbers: Sequence[int]) -> "_Places":
        """These entries, joined. The last ones are kept: most often the next frame asks the same."""
        asked, kept = tuple(numbers), self._joined
        if kept is None or kept[0] != asked:
            self._joined = kept = asked, _Places.of([self.entries[number] for number in asked])
        return kept[1]

    def _nearest(
        self, features: PlaceFeatures, places: "_Places", search: Search
    ) -> tuple[Float[Tensor, "n k"], Int[Tensor, "n k"]]:
        """Scores and places (through all entries, in order) of the best ``top_k`` at stride 8, best first."""
        queries = self.projection(features.key, places.key.dtype)
        if not search.fours or len(places.fours.key) < _FEW * search.fours:
            return nearest_of_all(queries, places.key, places.shown8, min(search.top_k, len(places.key)))
        counts = Counts(search.fours, search.top_k)
        return nearest_in_fours(queries, _size_of(features.key), places.key, places.fours, counts)


@dataclass(frozen=True, slots=True)
class _Places:
    """The places of entries, joined, and where each stride-8 place's children lie among all at stride 4.

    ``ablq`` holds a*, b*, L*, and the square of the length of (a*, b*).
    """

    key: Float[Tensor, "n8 p"]
    shown8: Bool[Tensor, " n8"] | None
    fours: Fours
    y: Int[Tensor, " n8"]
    x: Int[Tensor, " n8"]
    height: Int[Tensor, " n8"]
    width: Int[Tensor, " n8"]
    first: Int[Tensor, " n8"]
    detail: Float[Tensor, "n4 d"]
    ablq: Float[Tensor, "n4 4"]
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
        y8, x8, height8, width8, first8 = (torch.cat(column) for column in columns)
        return cls(
            key=torch.cat([entry.key for entry in entries]),
            shown8=_shown([(entry.shown8, len(entry.key)) for entry in entries]),
            fours=Fours.joined([entry.fours for entry in entries], [len(entry.key) for entry in entries]),
            y=y8,
            x=x8,
            height=height8,
            width=width8,
            first=first8,
            detail=torch.cat([entry.detail for entry in entries]),
            ablq=torch.cat([_ablq(entry) for entry in entries]),
            shown=_shown([(entry.shown4, len(entry.luma)) for entry in entries]),
        )


def _shown(several: Sequence[tuple[Bool[Tensor, " n"] | None, int]]) -> Bool[Tensor, " m"] | None:
    """Which places count, of several pictures with so many each; None where all do."""
    given = [shown for shown, _ in several if shown is not None]
    if not given:
        return None
    return torch.cat([given[0].new_ones(count) if shown is None else shown for shown, count in several])


def _ablq(entry: Entry) -> Float[Tensor, "n4 4"]:
    return torch.cat((entry.chroma, entry.luma[:, None], entry.chroma.square().sum(1, keepdim=True)), dim=1)


def _quads(planes: Float[Tensor, "c h4 w4"], size8: tuple[int, int]) -> Float[Tensor, "n8 4 c"]:
    """The values at the four children of each stride-8 place; beyond an odd edge its last row or column again."""
    rows, columns = 2 * size8[0] - planes.shape[-2], 2 * size8[1] - planes.shape[-1]
    even = F.pad(planes[None], (0, columns, 0, rows), mode="replicate")[0]
    return even.view(-1, size8[0], 2, size8[1], 2).permute(1, 3, 2, 4, 0).reshape(size8[0] * size8[1], 4, -1)


def _refined(
    places: _Places,
    score: Float[Tensor, "n k"],
    where: Int[Tensor, "n k"],
    quads: Float[Tensor, "n 4 c"],
    search: Search,
) -> Float[Tensor, "n 4 4"]:
    """a*, b*, L* and spread of the children of stride-8 places: the weighted mean around their parents' matches.

    The neighborhoods of four siblings overlap: their union, 4 x 4 around each match, is read once.
    """
    n, k = score.shape
    around = torch.arange(-1, 3, device=where.device)
    height, width = places.height[where][..., None], places.width[where][..., None]
    y = (places.y[where][..., None] + around).clamp_min(0).minimum(height - 1)
    x = (places.x[where][..., None] + around).clamp_min(0).minimum(width - 1)
    found = places.first[where][..., None, None] + y[..., :, None] * width[..., None] + x[..., None, :]
    asked = quads[..., :-1].mT.to(places.detail.dtype)
    likeness = torch.bmm(rows_at(places.detail, found.flatten(1)), asked).view(n, k, 4, 4, 4).float()
    alike = rows_at(places.ablq, found)
    total = score[:, :, None, None, None] + search.detail_weight * likeness
    total = total - search.luma_weight / 100 * (alike[..., 2, None] - quads[:, None, None, None, :, -1]).abs()
    if places.shown is not None:
        total = total.masked_fill(~places.shown[found][..., None], _HIDDEN)
    total = total + _beyond(total.device)
    weights = (total.permute(0, 4, 1, 2, 3).flatten(2) / search.temperature).softmax(2)
    seen = alike.flatten(1, 3)
    if search.conflict_radius is not None:
        weights = _without_conflict(weights, seen[..., :2], search.conflict_radius)
    mean = torch.bmm(weights, seen)
    variance = mean[..., 3:] - mean[..., :2].square().sum(-1, keepdim=True)
    return torch.cat((mean[..., :3], (variance.clamp_min(0) + 1e-6).sqrt()), dim=2)


def _beyond(device: torch.device) -> Float[Tensor, "4 4 4"]:
    """Hides from each of four siblings (last) what of the 4 x 4 places lies beyond its own 3 x 3."""
    hidden = torch.full((4, 4, 2, 2), 2 * _HIDDEN, device=device)
    for row, column in product(range(2), repeat=2):
        hidden[row : row + 3, column : column + 3, row, column] = 0
    return hidden.flatten(2)


def _without_conflict(
    weights: Float[Tensor, "n 4 j"], colors: Float[Tensor, "n j 2"], radius: float
) -> Float[Tensor, "n 4 j"]:
    """The weights, gathered in the strongest cluster where colors disagree: of look-alikes the mean is gray."""
    mean = torch.bmm(weights, colors)
    far = ((colors[:, None] - mean[:, :, None]).norm(dim=-1) > radius / 2) & (weights > _CLEAR_WEIGHT)
    rows, child = far.any(2).nonzero(as_tuple=True)
    asked, seen = weights[rows, child], colors[rows]
    near = torch.cdist(seen, seen) <= radius
    mass = (near * asked[:, None]).sum(2)
    kept = asked * near[torch.arange(len(rows), device=rows.device), mass.argmax(1)]
    settled = weights.clone()
    settled[rows, child] = kept / kept.sum(1, keepdim=True)
    return settled
