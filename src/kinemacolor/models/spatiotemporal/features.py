"""Phi of Eq. 4: what correspondence compares, from the luma alone, behind one interface."""

from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from kinemacolor.frames import Luma
from kinemacolor.models.deep_exemplar_lite.features import STRIDE, EfficientNetFeatures

__all__ = ["STRIDE", "EfficientNetFeatures", "Features"]


@runtime_checkable
class Features(Protocol):
    """Semantic features of a luma at stride 4; the grid is the luma's size over 4."""

    multiple: tuple[int, int]
    """The number that height and width of a luma must be multiples of, and at least."""

    def __call__(self, luma: Luma) -> Float[Tensor, "c h4 w4"]:
        """Features in float32, not normalized."""
        ...
