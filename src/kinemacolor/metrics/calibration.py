"""Calibration of a model's confidence: its error by confidence, over any number of frames in constant memory."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

_BINS = 10


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    """Of the pixels with about this confidence: their mean error, and their share of all."""

    confidence: float
    error: float
    share: float


class Calibration:
    """Mean error in ten equal ranges of confidence."""

    def __init__(self) -> None:
        self._sums = torch.zeros(3, _BINS, dtype=torch.float64)

    def add(self, confidence: Float[Tensor, " n"], error: Float[Tensor, " n"]) -> None:
        """Counts pixels; confidence is 0..1."""
        where = (confidence * _BINS).long().clamp(0, _BINS - 1)
        for row, values in enumerate((torch.ones_like(error), confidence, error)):
            self._sums[row].index_add_(0, where, values.double())

    @property
    def points(self) -> list[CalibrationPoint]:
        """A point for each range that has pixels, from doubt to certainty."""
        counts, confidences, errors = self._sums.tolist()
        total = sum(counts)
        return [
            CalibrationPoint(confidence / count, error / count, count / total)
            for count, confidence, error in zip(counts, confidences, errors)
            if count
        ]
