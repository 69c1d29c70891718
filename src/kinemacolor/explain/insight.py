"""The questions that a model can answer about its work, whichever model it is."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

from kinemacolor.frames import Luma
from kinemacolor.models.base import Reference


@dataclass(frozen=True, slots=True)
class Correspondence:
    """The most similar place of an exemplar for each place of a frame.

    ``place`` counts the exemplar's places row after row over ``exemplar_grid`` (rows, columns). ``likeness`` is the
    model's own measure: the higher, the more alike.
    """

    place: Int[Tensor, "h w"]
    likeness: Float[Tensor, "h w"]
    exemplar_grid: tuple[int, int]


@runtime_checkable
class Insight(Protocol):
    """A look into a model."""

    def features(self, luma: Luma) -> dict[str, Float[Tensor, "_ _ _"]]:
        """The model's maps of a picture by name, each channels first and at its own stride."""
        ...

    def correspondence(self, luma: Luma, exemplar: Reference) -> Correspondence:
        """The places of the exemplar that the model's keys find."""
        ...

    def warped(self, luma: Luma, exemplar: Reference) -> Float[Tensor, "2 h4 w4"]:
        """The exemplar's colors where the model finds them, at any size: matching alone, nothing after it."""
        ...

    def memory_bytes(self, state: Any) -> dict[str, int]:
        """Bytes that a shot's state takes so far, by part."""
        ...
