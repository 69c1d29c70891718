"""Color spread within a frame from where it is known, by least squares over its luma.

Levin, Lischinski and Weiss, "Colorization using optimization" (2004): places that are near and of like luma have like
color. Their Eq. 1 compares a place with the mean of its neighbors; here each pair of neighbors is compared, the
Laplacian of the same graph, whose system is symmetric, positive and better conditioned. Known colors are terms of the
same sum instead of constraints, and so is a guess, with as little weight as is right.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sparse
from scipy.sparse.linalg import LinearOperator, cg, splu

_NEIGHBORS = ((0, 1), (1, 0), (1, 1), (1, -1))
_FLOOR = 1e-3
_TOLERANCE, _MOST_STEPS = 1e-4, 500


@dataclass(frozen=True, slots=True)
class Graph:
    """The Laplacian of a frame's places of this (height, width): how much each is like its neighbors."""

    laplacian: sparse.csr_matrix
    size: tuple[int, int]

    @classmethod
    def of(cls, planes: np.ndarray, sigma: float) -> "Graph":
        """The graph of a frame with these planes (``c h w``), whose unlikeness is their distance over ``sigma``."""
        height, width = planes.shape[-2:]
        number = np.arange(height * width, dtype=np.int32).reshape(height, width)
        ones, others, weights = [], [], []
        for down, right in _NEIGHBORS:
            here = (slice(0, height - down), slice(max(0, -right), width - max(0, right)))
            there = (slice(down, height), slice(max(0, right), width - max(0, -right)))
            unlike = np.square(planes[:, *here] - planes[:, *there]).sum(0) / (2 * sigma**2)
            ones.append(number[here].ravel())
            others.append(number[there].ravel())
            weights.append(((np.exp(-unlike) + _FLOOR) / (down**2 + right**2) ** 0.5).ravel())
        one, other, weight = np.concatenate(ones), np.concatenate(others), np.concatenate(weights)
        shape = (height * width, height * width)
        near = sparse.coo_matrix((weight, (one, other)), shape=shape).tocsr()
        near = near + near.T
        return cls((sparse.diags(np.asarray(near.sum(1)).ravel()) - near).tocsr(), (height, width))

    def spread(self, known: np.ndarray, weight: np.ndarray, start: np.ndarray | None = None) -> np.ndarray:
        """The planes ``c h w`` that differ least from ``known`` (by ``weight``, ``h w``) and among likes, in float32.

        Exact without a ``start``, for some ten thousand places; found from a good start by conjugate gradients.
        Somewhere ``weight`` has to be above 0.
        """
        system = (self.laplacian + sparse.diags(weight.ravel())).tocsr()
        wanted = (weight * known).reshape(len(known), -1)
        if start is None:
            exact = splu(system.tocsc(), "MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
            solved = [exact.solve(plane) for plane in wanted.astype(system.dtype)]
        else:
            inverse = 1 / system.diagonal()
            scale = LinearOperator(system.shape, matvec=lambda x: inverse * x.ravel(), dtype=system.dtype)
            begins = start.reshape(len(known), -1)
            solved = [
                cg(system, plane, begin, rtol=_TOLERANCE, atol=0.0, maxiter=_MOST_STEPS, M=scale)[0]
                for plane, begin in zip(wanted, begins)
            ]
        return np.stack(solved).reshape(len(known), *self.size).astype(np.float32)
