"""The nouns: Frame, Exemplar, Shot, Luma, Chroma, and the planes a film is stored in."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from numpy.typing import NDArray
from torch import Tensor

RGB = UInt8[Tensor, "3 h w"]
"""sRGB, 0..255."""

Luma = Float[Tensor, "1 h w"]
"""CIE L*, 0..100."""

Chroma = Float[Tensor, "2 h w"]
"""CIE a*, b* (D65), about -110..110."""

Plane = NDArray[np.uint8] | NDArray[np.uint16]
"""One plane of code values, ``(height, width)``; uint8 up to 8 bits, else uint16, low-aligned."""

Matrix = Literal["bt601", "bt709", "bt2020"]
"""The luma coefficients that tie Y'CbCr to R'G'B' (ITU-R BT.601, BT.709, BT.2020 non-constant luminance)."""


def size_of(planes: Tensor) -> tuple[int, int]:
    """``(height, width)`` of planes, whatever dimensions come before these two."""
    return planes.shape[-2], planes.shape[-1]


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
class Frame:
    """One picture of a film and its time. Either ``planes`` (read from a film) or ``rgb`` (made in Python)."""

    rgb: RGB | None = None
    planes: Planes | None = None
    index: int = 0
    seconds: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        if (self.rgb is None) == (self.planes is None):
            raise ValueError("A Frame has either rgb or planes, and not both.")

    @property
    def size(self) -> tuple[int, int]:
        """``(height, width)`` in pixels."""
        if self.planes is not None:
            return self.planes.size
        assert self.rgb is not None
        return size_of(self.rgb)


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A colour still. ``index`` is its frame in the film (from 0), or None where it is no frame of it.

    ``alpha`` (``1 h w``, 0..1) says which part counts, None means all of it. ``name`` is for messages.
    """

    rgb: RGB
    index: int | None = None
    alpha: Float[Tensor, "1 h w"] | None = None
    name: str = "exemplar"


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames ``start`` to ``stop - 1`` of a film."""

    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start
