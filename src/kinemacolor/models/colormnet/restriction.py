"""Where a query may read from, if something says so: only tokens that it may have come from. Not the paper's.

The finding of Akimoto et al. (2020, arXiv:2011.12528), that colors are truer when they come only from where tracks
lead, as an option of ColorMNet's memory. Who tracks is behind ``Restriction``
(``models.spatiotemporal.memory_restriction``).
"""

from collections.abc import Collection, Mapping
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

Origins = Int[Tensor, "n 2"]
"""Frame and position in it (row after row) that each token comes from; -1 where that is no frame of the shot."""


@runtime_checkable
class Restriction(Protocol):
    """Follows a shot, frame by frame."""

    def follow(self, key: Float[Tensor, "1 k h w"], frames: Collection[int]) -> Mapping[int, Float[Tensor, "m p"]]:
        """Takes in the next frame, by its key, and says what of earlier ``frames`` its positions may come from.

        A sparse matrix for each frame: rows are the positions that ask. A frame left out is not restricted.
        """
        ...


def frames_of(origins: Origins) -> set[int]:
    """The frames that tokens come from."""
    return set(origins[:, 0].tolist()) - {-1}


class AllowedTokens:
    """Which tokens may answer which query. Tokens of no frame may answer all; a query without any may ask all."""

    def __init__(self, origins: Origins, candidates: Mapping[int, Float[Tensor, "m p"]], queries: int) -> None:
        self._origins = origins
        present = frames_of(origins)
        self._candidates = {frame: sparse for frame, sparse in candidates.items() if frame in present}
        unrestricted = bool((origins[:, 0] < 0).any()) or bool(present - self._candidates.keys())
        self.free = torch.full((queries,), not unrestricted, device=origins.device)
        for sparse in self._candidates.values():
            self.free[sparse.indices()[0]] = False

    def __call__(self, queries: slice, tokens: slice) -> Bool[Tensor, "m n"]:
        """The part of the mask for these queries and tokens."""
        frame, position = self._origins[tokens].T
        rows = torch.arange(queries.start, min(queries.stop, len(self.free)), device=frame.device)
        mask = torch.ones(len(rows), len(frame), dtype=torch.bool, device=frame.device)
        for number, sparse in self._candidates.items():
            of_frame = (frame == number).nonzero()[:, 0]
            if len(of_frame):
                dense = sparse.index_select(0, rows).to_dense() > 0
                mask[:, of_frame] = dense[:, position[of_frame]]
        return mask | self.free[rows, None]
