"""The paper's equations written down as they stand: dense, position by position, in float64. Slow on purpose."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

INSTANCE_THRESHOLD = 0.5


def textures(
    frames: int, grid: tuple[int, int], channels: int = 12, seed: int = 0, drift: float = 0.5
) -> list[Tensor]:
    """Unit features of a scene that changes: each frame is the one before, moved by a cell and partly renewed."""
    generator = torch.Generator().manual_seed(seed)
    scene = torch.randn(channels, *grid, generator=generator)
    features = []
    for _ in range(frames):
        rows = scene.flatten(1).T
        features.append(F.normalize(rows - rows.mean(0), dim=1).contiguous())
        scene = scene.roll(1, dims=2) + drift * torch.randn(channels, *grid, generator=generator)
    return features


def correlation(x: Tensor, y: Tensor) -> Tensor:
    """Eq. 4; features are centered and of unit length already."""
    return x.double() @ y.double().T


def windowed_affinity(x: Tensor, y: Tensor, grid: tuple[int, int], radius: int, temperature: float) -> Tensor:
    """The normalized A^D of Eq. 15 and 16: the softmax over all positions, cut to the window, divided by its sum."""
    height, width = grid
    affinity = (correlation(x, y) / temperature).softmax(1)
    out = torch.zeros_like(affinity)
    for i in range(height * width):
        for j in range(height * width):
            if abs(i // width - j // width) <= radius and abs(i % width - j % width) <= radius:
                out[i, j] = affinity[i, j]
    return out / out.sum(1, keepdim=True)


def dense_mask(
    frames: Sequence[Tensor], grid: tuple[int, int], radius: int, temperature: float, threshold: float
) -> Tensor:
    """M^D of Eq. 17 from the first of ``frames`` to the last (Eq. 14 to 16), for each start position in turn."""
    count = grid[0] * grid[1]
    steps = [windowed_affinity(a, b, grid, radius, temperature) for a, b in pairwise(frames)]
    mask = torch.zeros(count, count, dtype=torch.bool)
    for start in range(count):
        candidates = torch.zeros(count, dtype=torch.float64)
        candidates[start] = 1
        for step in steps:
            sums = torch.stack([(step[:, j] * candidates).sum() for j in range(count)])
            candidates = (sums >= threshold).double()
        mask[start] = candidates.bool()
    return mask


def instance_mask(label: Sequence[int | None], coverage: dict[int, Tensor]) -> Tensor:
    """M^I of Eq. 13; a position without an object is not restricted, an object that is not shown allows nothing."""
    count = len(next(iter(coverage.values())))
    mask = torch.zeros(len(label), count, dtype=torch.bool)
    for i, track in enumerate(label):
        if track is None:
            mask[i] = True
        elif track in coverage:
            mask[i] = coverage[track] >= INSTANCE_THRESHOLD
    return mask


def both_masks(label: Sequence[int | None], instance: Tensor, dense: Tensor, how: str) -> Tensor:
    """M^I and M^D together, row by row."""
    rows = []
    for i, track in enumerate(label):
        if track is None:
            rows.append(dense[i])
        elif how == "union":
            rows.append(instance[i] | dense[i])
        elif (instance[i] & dense[i]).any():
            rows.append(instance[i] & dense[i])
        else:
            rows.append(instance[i] if instance[i].any() else dense[i])
    return torch.stack(rows)


def restricted_warp(
    x: Tensor, references: Sequence[Tensor], chroma: Sequence[Tensor], masks: Sequence[Tensor], temperature: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Eq. 8 to 11: W, S, and the rows that every mask leaves empty (these are not restricted)."""
    stacked = torch.stack([correlation(x, y) for y in references], dim=1)  # i r j
    count = len(x)
    affinity = (stacked.flatten(1) / temperature).softmax(1).reshape(stacked.shape)
    warped, confidence, empty = torch.zeros(count, 2, dtype=torch.float64), [], []
    for i in range(count):
        allowed = torch.stack([mask[i] for mask in masks])
        empty.append(not bool(allowed.any()))
        if empty[-1]:
            allowed = torch.ones_like(allowed)
        weights = torch.where(allowed, affinity[i], 0)
        for r, y in enumerate(chroma):
            for j in range(y.shape[0]):
                warped[i] += weights[r, j] / weights.sum() * y[j].double()
        confidence.append(max(float(c) if a else -math.inf for c, a in zip(stacked[i].flatten(), allowed.flatten())))
    return warped, torch.tensor(confidence, dtype=torch.float64), torch.tensor(empty)
