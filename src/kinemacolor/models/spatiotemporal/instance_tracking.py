"""Instance tracking: the same object in one frame and the next, by the overlap of its masks (Section 3.3, Eq. 12).

Masks come from the user's files or from any segmenter behind ``frames.ObjectMasks``; none is shipped.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Int
from torch import Tensor

from kinemacolor.frames import Instance

_SCORE, _OVERLAP, _COVERAGE = 0.5, 0.3, 0.5


def overlap(one: Bool[Tensor, "h w"], other: Bool[Tensor, "h w"]) -> float:
    """Intersection over union, 0..1; 0 where both are empty."""
    union = int((one | other).sum())
    return int((one & other).sum()) / union if union else 0.0


@dataclass(frozen=True, slots=True)
class GridObjects:
    """The objects of a frame on the grid of correspondence.

    ``covered`` holds, for each of ``tracks``, the positions that it covers by half or more (I' >= threshold of
    Eq. 13); ``label`` (phi) numbers the object that covers most of a position, -1 where none does by half.
    """

    tracks: tuple[int, ...]
    covered: Bool[Tensor, "k n"]
    label: Int[Tensor, " n"]

    @classmethod
    def of(cls, tracked: dict[int, Bool[Tensor, "h w"]], grid: tuple[int, int]) -> "GridObjects":
        """The objects of ``InstanceTracker.follow`` on a grid of (height, width)."""
        if not tracked:
            count = grid[0] * grid[1]
            return cls((), torch.zeros(0, count, dtype=torch.bool), torch.full((count,), -1))
        coverage = torch.stack([_coverage(mask, grid) for mask in tracked.values()])
        most, label = coverage.max(0)
        return cls(tuple(tracked), coverage >= _COVERAGE, torch.where(most >= _COVERAGE, label, -1))

    def to(self, device: torch.device) -> "GridObjects":
        """The same on another device."""
        return GridObjects(self.tracks, self.covered.to(device), self.label.to(device))

    def everywhere(self) -> Bool[Tensor, "1 n"]:
        """One region of all positions."""
        return torch.ones_like(self.label, dtype=torch.bool)[None]


def _coverage(mask: Tensor, grid: tuple[int, int]) -> Tensor:
    return F.adaptive_avg_pool2d(mask[None].float(), grid).flatten()


class InstanceTracker:
    """Gives objects their numbers from frame to frame (T of Eq. 12).

    An instance that brings a track keeps it. Others are matched with the frame before: equal category, overlap of
    ``overlap`` or more, the best pair first, one to one. What matches none is new; an object that is missing in one
    frame does not come back under its number. Numbers given here are negative, so that they never meet brought ones.
    """

    def __init__(self, *, score: float = _SCORE, overlap: float = _OVERLAP) -> None:
        self._score, self._overlap = score, overlap
        self._before: list[tuple[int, Instance]] = []
        self._named = 0

    def follow(self, instances: Sequence[Instance]) -> dict[int, Bool[Tensor, "h w"]]:
        """The next frame's masks by number; detections below ``score`` are left out."""
        seen = [instance for instance in instances if instance.score >= self._score]
        loose = [i for i, instance in enumerate(seen) if instance.track is None]
        names = {i: track for i, instance in enumerate(seen) if (track := instance.track) is not None}
        pairs = [
            (measure, i, track)
            for i in loose
            for track, before in self._before
            if (measure := self._likeness(seen[i], before)) >= self._overlap
        ]
        taken: set[int] = set()
        for _, i, track in sorted(pairs, key=lambda pair: -pair[0]):
            if i not in names and track not in taken:
                names[i] = track
                taken.add(track)
        for i in loose:
            if i not in names:
                self._named += 1
                names[i] = -self._named
        self._before = [(names[i], instance) for i, instance in enumerate(seen) if instance.track is None]
        return _joined([(names[i], instance.mask) for i, instance in enumerate(seen)])

    @staticmethod
    def _likeness(one: Instance, other: Instance) -> float:
        if one.category != other.category or one.mask.shape != other.mask.shape:
            return -1.0
        return overlap(one.mask, other.mask)


def _joined(named: Sequence[tuple[int, Tensor]]) -> dict[int, Tensor]:
    """Masks by number; the parts of an object that was given in several pieces are one."""
    masks: dict[int, Tensor] = {}
    for track, mask in named:
        masks[track] = masks[track] | mask if track in masks else mask
    return masks
