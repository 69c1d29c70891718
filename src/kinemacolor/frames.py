"""The nouns that hold tensors: Frame, Exemplar, Luma, Chroma, object masks; those of ``planes`` are here too."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, runtime_checkable

from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from kinemacolor.planes import Matrix, Plane, Planes, Shot

__all__ = [
    "RGB",
    "Chroma",
    "Exemplar",
    "Frame",
    "Instance",
    "Luma",
    "Matrix",
    "ObjectMasks",
    "ObjectsFrom",
    "Plane",
    "Planes",
    "Shot",
    "size_of",
]

RGB = UInt8[Tensor, "3 h w"]
"""sRGB, 0..255."""

Luma = Float[Tensor, "1 h w"]
"""CIE L*, 0..100."""

Chroma = Float[Tensor, "2 h w"]
"""CIE a*, b* (D65), about -110..110."""


def size_of(planes: Tensor) -> tuple[int, int]:
    """``(height, width)`` of planes, whatever dimensions come before these two."""
    return planes.shape[-2], planes.shape[-1]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a film and its time. Either ``planes`` (read from a film) or ``rgb`` (made in Python).

    ``is_interlaced``: its rows are of two fields. ``captions`` are the closed captions beside it, as the ``cc_data``
    of CEA-708 has them: three bytes each.
    """

    rgb: RGB | None = None
    planes: Planes | None = None
    index: int = 0
    seconds: Fraction = Fraction(0)
    is_interlaced: bool = False
    captions: bytes = b""

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
    """A color still. ``index`` is its frame in the film (from 0), or None where it is no frame of it.

    ``alpha`` (``1 h w``, 0..1) says which part counts, None means all of it. ``name`` is for messages.
    ``no_frame``: it was said to be none, so nobody need look for its frame.
    """

    rgb: RGB
    index: int | None = None
    alpha: Float[Tensor, "1 h w"] | None = None
    name: str = "exemplar"
    no_frame: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """One object in one frame. ``track`` is its number through the film where that is known, else None."""

    mask: Bool[Tensor, "h w"]
    category: int = 0
    score: float = 1.0
    track: int | None = None


@runtime_checkable
class ObjectMasks(Protocol):
    """Says which objects each frame shows: files of masks (``io.masks``), or a segmenter that has seen the film."""

    def instances(self, index: int) -> Sequence[Instance]:
        """The objects of frame ``index``, counted from 0; none where nothing is known of it."""
        ...


@dataclass(frozen=True, slots=True)
class ObjectsFrom:
    """The same masks counted from frame ``first``, forward or, with ``step`` -1, backward."""

    masks: ObjectMasks
    first: int
    step: int = 1

    def instances(self, index: int) -> Sequence[Instance]:
        """The objects of frame ``first + step * index`` of the masks."""
        return self.masks.instances(self.first + self.step * index)
