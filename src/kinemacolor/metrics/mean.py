"""A mean that grows value by value, in float64."""

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Mean:
    """The mean of the values added so far; NaN before the first.

    Neumaier's compensated sum: a hundred thousand frames lose no digit.
    """

    count: int = 0
    _total: float = 0.0
    _lost: float = 0.0

    def add(self, value: float) -> None:
        """Counts one value. NaN (nothing to measure in a frame, say no pixel inside a mask) is left out."""
        if math.isnan(value):
            return
        total = self._total + value
        big, small = (self._total, value) if abs(self._total) >= abs(value) else (value, self._total)
        self._lost += (big - total) + small
        self._total = total
        self.count += 1

    @property
    def value(self) -> float:
        """The mean."""
        return (self._total + self._lost) / self.count if self.count else math.nan
