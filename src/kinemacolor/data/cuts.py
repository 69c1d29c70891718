"""Cuts of a film, so that no training clip runs over a cut. Hard cuts only; a dissolve stays in its shot."""

import itertools

import numpy as np
from jaxtyping import UInt8

Pictures = UInt8[np.ndarray, "n h w 3"]
"""sRGB, 0..255."""

_STEP_PX = 8
_LEAST_CHANGE = 14.0
_AGAINST_NEIGHBORS = 3.5
_NEIGHBORS = 6


def shots_of(pictures: Pictures) -> list[range]:
    """The frames between cuts, in order; all of them together are the film.

    A cut is where the mean change of gray levels (0..255, every 8th pixel) is above 14 and more than 3.5 times the
    largest of most of its neighbors in time (the 80th percentile of six on each side).
    """
    gray = pictures[:, ::_STEP_PX, ::_STEP_PX].mean(-1, dtype=np.float32)
    change = np.abs(np.diff(gray, axis=0)).mean((1, 2))
    cuts = [
        i + 1 for i in range(len(change)) if change[i] > max(_LEAST_CHANGE, _AGAINST_NEIGHBORS * _usual(change, i))
    ]
    edges = [0, *cuts, len(pictures)]
    return [range(start, stop) for start, stop in itertools.pairwise(edges)]


def _usual(change: np.ndarray, place: int) -> float:
    """The change that is usual about a place, without the place itself."""
    first = max(0, place - _NEIGHBORS)
    around = np.concatenate((change[first:place], change[place + 1 : place + 1 + _NEIGHBORS]))
    return float(np.percentile(around, 80)) if len(around) else 0.0
