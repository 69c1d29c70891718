"""How like pictures are as a whole, so that a set that returns after an hour brings its exemplar with it."""

from collections.abc import Sequence

import numpy as np
import torch

from kinemacolor import color
from kinemacolor.engine.analysis.cuts import GRAY_WIDTH_PX, Gray
from kinemacolor.frames import Exemplar, Luma, Planes
from kinemacolor.layers.place_features import PlaceEncoder
from kinemacolor.resize import resize

_DIGITS = 4


class Summaries:
    """Pictures in a few hundred numbers each: EfficientNet-Lite's features, averaged over the picture."""

    def __init__(self) -> None:
        self._encoder = PlaceEncoder()

    def of_grays(self, grays: Sequence[Gray], *, full_range: bool) -> list[list[float]]:
        """Those of frames; rounded, so that they are the same when they have been written down."""
        return [self._summary(color.luma_of(Planes(gray, full_range=full_range))) for gray in grays]

    def of_stills(self, stills: Sequence[Exemplar]) -> list[list[float]]:
        """Those of exemplars, at about the same size."""
        return [self._summary(_small(color.split(still.rgb)[0])) for still in stills]

    @torch.inference_mode()
    def _summary(self, luma: Luma) -> list[float]:
        return [round(float(value), _DIGITS) for value in self._encoder(luma).summary]


def _small(luma: Luma) -> Luma:
    width = min(GRAY_WIDTH_PX, luma.shape[-1])
    return resize(luma, (max(1, round(luma.shape[-2] * width / luma.shape[-1])), width))


def likeness(summaries: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> np.ndarray:
    """The cosine of each of the first with each of the others, rounded to what can be told apart."""
    if not summaries or not others:
        return np.zeros((len(summaries), len(others)))
    return np.round(np.asarray(summaries) @ np.asarray(others).T, _DIGITS - 1)
