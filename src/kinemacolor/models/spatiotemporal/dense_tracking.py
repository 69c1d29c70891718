"""Dense tracking: where each position of a frame may have come from, frame by frame (Section 3.4, Eq. 14 to 17).

A position's candidates are a set of positions of another frame. Sets are sparse: rows are the ``n`` positions that
are tracked, columns the ``m`` of the frame that they have reached, so memory is positions times candidates, and no
``n`` by ``n`` matrix is ever built. One step is a sparse matrix product.
"""

import warnings
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.errors import SettingError

Candidates = Float[Tensor, "n m"]
"""A sparse COO matrix of ones, coalesced: D of Eq. 14, all positions at once."""

Transition = Float[Tensor, "m m2"]
"""A sparse COO matrix, coalesced: the normalized windowed affinity of Eq. 15 and 16 between two frames."""

_PAIRS_AT_ONCE = 2**16


@dataclass(frozen=True, slots=True)
class TrackingPolicy:
    """How tracking behaves; the first three are the paper's (Section 4.1) and its backbone's.

    A window reaches ``radius_cells`` in each direction (the paper's "2R x 2R centered" is no whole number of cells).
    A position stays a candidate at ``threshold`` or more. Affinities below ``smallest`` are not kept: it can move a
    sum that lies just below the threshold; 0 keeps all, at 70 times the memory.

    Ours: shots of up to ``reach_frames`` are tracked as in the paper; in longer ones tracks go on from those of an
    earlier frame, of which ``relayed_max`` candidates a position are kept, so that time and memory do not grow with
    the film, and ``reach_frames`` is also how far ahead a reference is waited for. Candidates are widened by
    ``margin_cells`` when colors are warped. ``references_each_side`` references before and after a frame serve it
    (the paper has no more than one); None means all.
    """

    radius_cells: int = 9
    threshold: float = 0.2
    temperature: float = 0.01
    smallest: float = 1e-4
    reach_frames: int = 100
    relayed_max: int = 64
    margin_cells: int = 0
    references_each_side: int | None = 2

    def __post_init__(self) -> None:
        least = {"radius_cells": 0, "reach_frames": 2, "relayed_max": 1, "margin_cells": 0}
        for name, value in least.items():
            if getattr(self, name) < value:
                raise SettingError(f"TrackingPolicy.{name} is {getattr(self, name)}. Give {value} or more.")
        if self.references_each_side is not None and self.references_each_side < 1:
            raise SettingError("TrackingPolicy.references_each_side is below 1. Give 1 or more, or None for all.")
        if self.temperature <= 0 or not 0 < self.threshold <= 1:
            raise SettingError(
                f"TrackingPolicy has temperature {self.temperature} and threshold {self.threshold}. "
                "Give a temperature above 0 and a threshold above 0 and up to 1."
            )


def _sparse(rows: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int]) -> Tensor:
    """A coalesced matrix of entries that are in order already."""
    indices = torch.stack((rows, columns))
    return torch.sparse_coo_tensor(indices, values, shape, is_coalesced=True, check_invariants=False)


def _product(one: Tensor, other: Tensor) -> Tensor:
    """A coalesced sparse matrix product."""
    with warnings.catch_warnings():
        # torch multiplies by way of CSR and warns users, once, that CSR is new
        warnings.filterwarnings("ignore", "Sparse CSR tensor support")
        return torch.sparse.mm(one, other).coalesce()


def only(entries: Candidates, kept: Tensor) -> Candidates:
    """The entries for which ``kept`` (a bool for each, in order) holds, as ones."""
    rows, columns = entries.indices()[:, kept]
    return _sparse(rows, columns, torch.ones_like(rows, dtype=torch.float32), (entries.shape[0], entries.shape[1]))


def themselves(count: int, device: torch.device | None = None) -> Candidates:
    """Eq. 14: each position is its own and only candidate."""
    positions = torch.arange(count, device=device)
    return _sparse(positions, positions, torch.ones(count, device=device), (count, count))


def transition(
    source: Float[Tensor, "n c"], target: Float[Tensor, "n c"], grid: tuple[int, int], policy: TrackingPolicy
) -> Transition:
    """Where each position of ``source`` goes in ``target``: softmax of the correlation in its window (Eq. 15, 16).

    Features are centered unit rows of a ``grid`` of (height, width). The softmax over a window is the affinity
    divided by its sum over that window. One row of the grid at a time: scratch is width times window rows.
    """
    height, width = grid
    radius = policy.radius_cells
    columns = torch.arange(width, device=source.device)
    outside = ((columns[:, None] - columns).abs() > radius)[:, None]  # x 1 x2
    queries, keys = source.view(height, width, -1), target.view(height, width, -1)
    entries = []
    for y in range(height):
        top, bottom = max(0, y - radius), min(height, y + radius + 1)
        logits = queries[y] @ keys[top:bottom].flatten(0, 1).T / policy.temperature
        logits = logits.view(width, bottom - top, width).masked_fill(outside, -torch.inf).flatten(1)
        weights = logits.softmax(1)
        x, place = torch.nonzero((weights >= policy.smallest) & (weights > 0), as_tuple=True)
        entries.append((x + y * width, place + top * width, weights[x, place]))
    rows, places, weights = (torch.cat(parts) for parts in zip(*entries))
    return _sparse(rows, places, weights, (height * width, height * width))


def propagate(candidates: Candidates, step: Transition, threshold: float) -> Candidates:
    """Eq. 15: the candidates one frame on; contributions of several candidates add up before the threshold."""
    weights = _product(candidates, step)
    return only(weights, weights.values() >= threshold)


def compose(candidates: Float[Tensor, "n m"], beyond: Float[Tensor, "m m2"]) -> Float[Tensor, "n m2"]:
    """All candidates of the candidates. Not the paper's: it carries tracks past ``reach_frames``."""
    reached = _product(candidates, beyond)
    return only(reached, reached.values() > 0)


def widen(candidates: Candidates, grid: tuple[int, int], margin_cells: int) -> Candidates:
    """The candidates and all positions within ``margin_cells`` of one, rows and columns. Not the paper's."""
    if margin_cells == 0:
        return candidates
    height, width = grid
    reach = torch.arange(-margin_cells, margin_cells + 1, device=candidates.device)
    y = torch.arange(height, device=candidates.device)[:, None, None, None] + reach[:, None]
    x = torch.arange(width, device=candidates.device)[:, None, None] + reach
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)  # height width dy dx
    rows = torch.arange(height * width, device=candidates.device).view(height, width, 1, 1).expand_as(inside)[inside]
    places = (y * width + x)[inside]
    near = _sparse(rows, places, torch.ones_like(rows, dtype=torch.float32), (height * width, height * width))
    return compose(candidates, near)


def best(candidates: Candidates, source: Float[Tensor, "n c"], target: Float[Tensor, "m c"], most: int) -> Candidates:
    """The ``most`` candidates of each position that are most similar to it."""
    rows, columns = candidates.indices()
    counts = torch.bincount(rows, minlength=candidates.shape[0])
    if int(counts.max()) <= most:
        return candidates
    pairs = zip(rows.split(_PAIRS_AT_ONCE), columns.split(_PAIRS_AT_ONCE))
    similarity = torch.cat([(source[some] * target[others]).sum(1) for some, others in pairs])
    order = similarity.argsort(descending=True)
    order = order[rows[order].argsort(stable=True)]
    rank = torch.arange(len(order), device=order.device) - (counts.cumsum(0) - counts)[rows]
    kept = torch.zeros_like(order, dtype=torch.bool)
    kept[order[rank < most]] = True
    return only(candidates, kept)
