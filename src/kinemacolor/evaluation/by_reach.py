"""A clip's error by how far its exemplar reaches, so that it is seen where color is lost."""

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from kinemacolor.evaluation.pair import Pair
from kinemacolor.evaluation.reach import (
    Reach,
    Track,
    answered_by_look,
    is_colorful,
    left_gray,
    reach_of,
    squared_error,
)
from kinemacolor.layers.flow import optical_flow
from kinemacolor.layers.place_features import PlaceEncoder, PlaceFeatures, PlaceProjection
from kinemacolor.resize import fit, in_steps, resize

SHORT_SIDE_PX, MULTIPLE, STRIDE, EVERY = 256, 16, 4, 4
"""Frames are compared at this short side, in steps of 16, every fourth of them, at every fourth place."""

_KEY_CHANNELS = 192
_ROWS = {Reach.TRACKED: "tracked", Reach.ALIKE: "alike", Reach.OUT_OF_REACH: "out"}


class ClipReach:
    """Follows a clip frame by frame: what its latest exemplar, a frame of the clip, answers of each frame after it.

    ``encoder`` gives the looks of places; it is asked for the exemplar and for the frames whose reach is wanted.
    """

    def __init__(self, encoder: PlaceEncoder) -> None:
        self._encoder = encoder
        self._track: Track | None = None

    @torch.no_grad()
    def begin(self, lab: Float[Tensor, "3 h w"]) -> None:
        """Takes a frame in CIELAB, with sides that are multiples of 16, as the exemplar."""
        features: PlaceFeatures = self._encoder(lab[:1])
        key = features.key
        self._exemplar = self._before = lab
        self._projection = PlaceProjection.of(key.flatten(1), _KEY_CHANNELS)
        self._cells = (key.shape[-2], key.shape[-1])
        self._keys, self._colors = self._projection(key), resize(lab, self._cells).flatten(1)
        self._track = Track.start((lab.shape[-2], lab.shape[-1]))

    @property
    def begun(self) -> bool:
        """Whether there has been an exemplar yet."""
        return self._track is not None

    def follow(self, lab: Float[Tensor, "3 h w"]) -> None:
        """Takes the next frame. There has been an exemplar before."""
        assert self._track is not None
        here, before = lab[:1], self._before[:1]
        back, forth = optical_flow(here, before, preset="medium"), optical_flow(before, here, preset="medium")
        self._track, self._before = self._track.stepped(back, forth), lab

    @torch.no_grad()
    def reach(self) -> UInt8[Tensor, "h4 w4"]:
        """The ``Reach`` of each fourth place of the frame taken last."""
        assert self._track is not None
        lab = self._before
        small = resize(lab, (lab.shape[-2] // STRIDE, lab.shape[-1] // STRIDE))
        home = self._track.leads_home(lab, self._exemplar)[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]
        features: PlaceFeatures = self._encoder(lab[:1])
        keys = self._projection(features.key)
        return reach_of(home, answered_by_look(small, keys, self._colors, self._keys, self._cells))


class ErrorByReach:
    """Share of the places, error and chroma kept, of what is tracked, alike and out of reach; and what is left gray.

    Frames before the first exemplar count nowhere. Frames of a clip are given in order, exemplars among them.
    """

    def __init__(self) -> None:
        self._reach = ClipReach(PlaceEncoder().eval())
        self._frames = 0
        self._places, self._error, self._chroma, self._truth = torch.zeros(4, len(Reach), dtype=torch.float64)
        self._colorful = self._gray = 0.0

    def update(self, pair: Pair) -> dict[str, float]:
        """Nothing: these figures are said of a clip."""
        size = (pair.truth.shape[-2], pair.truth.shape[-1])
        truth = resize(pair.true_lab, in_steps(fit(size, SHORT_SIDE_PX), MULTIPLE))
        if pair.is_exemplar:
            self._reach.begin(truth)
            self._frames = 0
        elif self._reach.begun:
            self._reach.follow(truth)
            self._frames += 1
            if self._frames % EVERY == 0:
                self._count(pair.lab[1:], truth[1:])
        return {}

    def _count(self, chroma: Tensor, truth: Tensor) -> None:
        reach = self._reach.reach()
        size = (reach.shape[-2], reach.shape[-1])
        chroma, truth = resize(chroma, size), resize(truth, size)
        error = squared_error(chroma, truth)
        for each in Reach:
            there = reach == each
            self._places[each] += there.sum()
            self._error[each] += error[there].sum()
            self._chroma[each] += chroma.square().sum(0).sqrt()[there].sum()
            self._truth[each] += truth.square().sum(0).sqrt()[there].sum()
        self._colorful += float(is_colorful(truth).sum())
        self._gray += float(left_gray(chroma, truth).sum())

    def compute(self) -> dict[str, float]:
        """All figures of the clip; NaN for what it has no place of."""
        return dict(self._figures())

    def _figures(self) -> Iterator[tuple[str, float]]:
        for each, name in _ROWS.items():
            places = float(self._places[each])
            yield f"share_{name}", _ratio(100 * places, float(self._places.sum()))
            yield f"rms_{name}", math.sqrt(_ratio(float(self._error[each]), places))
            yield f"kept_{name}", _ratio(100 * float(self._chroma[each]), float(self._truth[each]))
        yield "left_gray", _ratio(100 * self._gray, self._colorful)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
