"""The nouns that need no torch: the planes a film is stored in, and a shot. A film's headers need no more."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8] | NDArray[np.uint16]
"""One plane of code values, ``(height, width)``; uint8 up to 8 bits, else uint16, low-aligned."""

Matrix = Literal["bt601", "bt709", "bt2020"]
"""The luma coefficients that tie Y'CbCr to R'G'B' (ITU-R BT.601, BT.709, BT.2020 non-constant luminance)."""


@dataclass(frozen=True, slots=True)
class Planes:
    """A picture as the film stores it: luma at full size and depth, chroma at the film's own sampling.

    ``y`` has shape ``(h, w)``. ``u`` and ``v`` (Cb, Cr) are both None for a gray picture, else of equal
    shape ``(ceil(h / sub_h), ceil(w / sub_w))`` with ``sub_h, sub_w`` in 1, 2, 4. ``alpha`` is None or as
    ``y``. Code values are ``bits`` deep (8 to 16) in full or limited range.
    """

    y: Plane
    u: Plane | None = None
    v: Plane | None = None
    alpha: Plane | None = None
    bits: int = 8
    full_range: bool = False
    matrix: Matrix = "bt709"

    @property
    def size(self) -> tuple[int, int]:
        """``(height, width)`` of the luma plane."""
        return self.y.shape[0], self.y.shape[1]


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames ``start`` to ``stop - 1`` of a film."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start
