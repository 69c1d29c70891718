"""Dense tracking for another model's memory: each position reads only where its tracks lead.

Tracks are those of Section 3.4 over that model's own keys, whose grid is coarser than this paper's: a position of
ColorMNet's covers 16 px. The window has fewer cells and is as wide in pixels of a film of 480 rows (the paper: 36 px
of 216), and what tracks lead to is widened, since on clips the paper's own sets were too small
(``benchmarks/results``).
"""

from collections.abc import Collection, Mapping

from jaxtyping import Float
from torch import Tensor

from kinemacolor.models.spatiotemporal.dense_tracking import Candidates, TrackingPolicy, transition, widen
from kinemacolor.models.spatiotemporal.restricted_warp import centered
from kinemacolor.models.spatiotemporal.trail import Trail

COARSE = TrackingPolicy(radius_cells=5, margin_cells=2)
"""Tracking on a grid of 16 px."""


class DenseRestriction:
    """Follows one shot. Keys of the frames that memory holds are kept, and transitions as ``Trail`` does."""

    def __init__(self, policy: TrackingPolicy = COARSE) -> None:
        self.policy = policy
        self._trail = Trail(policy)
        self._known: dict[int, Tensor] = {}
        self._index = -1

    def follow(self, key: Float[Tensor, "1 k h w"], frames: Collection[int]) -> Mapping[int, Candidates]:
        """The positions of earlier ``frames`` that those of the next frame, given by its key, may come from."""
        grid = (key.shape[-2], key.shape[-1])
        features = centered(key[0].float())
        if self._index >= 0:
            back = transition(features, self._known[self._index], grid, self.policy)
            self._trail.add(self._index + 1, back)
        self._index += 1
        self._known = {frame: self._known[frame] for frame in frames} | {self._index: features}
        known = {frame: self._known[frame] for frame in frames}
        found = self._trail.candidates(self._index, features, known)
        return {frame: widen(candidates, grid, self.policy.margin_cells) for frame, candidates in found.items()}
