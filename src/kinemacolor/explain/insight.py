"""What a model can be asked about its work, whichever model it is."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float, Int
from torch import Tensor

from kinemacolor.errors import ModelError
from kinemacolor.frames import Luma
from kinemacolor.models.base import Colorizer, Reference


@dataclass(frozen=True, slots=True)
class Correspondence:
    """Where each place of a frame finds its like in an exemplar.

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
        """What the model's keys find in the exemplar."""
        ...

    def warped(self, luma: Luma, exemplar: Reference) -> Float[Tensor, "2 h4 w4"]:
        """The exemplar's colours where the model finds them, at any size: matching alone, nothing after it."""
        ...

    def memory_bytes(self, state: Any) -> dict[str, int]:
        """What a shot has left behind so far, by part."""
        ...


def insight_of(colorizer: Colorizer) -> Insight:
    """The look into this model. Raises ``ModelError`` where there is none."""
    from kinemacolor.explain.bank_insight import BankInsight
    from kinemacolor.explain.colormnet_insight import ColorMNetInsight
    from kinemacolor.models.colormnet.colorizer import ColorMNetColorizer
    from kinemacolor.models.colormnet_lite.colorizer import ColorMNetLiteColorizer
    from kinemacolor.models.colormnet_lite.network import SEARCH
    from kinemacolor.models.matching.colorizer import MatchingColorizer

    if isinstance(colorizer, ColorMNetColorizer):
        return ColorMNetInsight(colorizer)
    if isinstance(colorizer, ColorMNetLiteColorizer):
        return BankInsight(colorizer, colorizer.network.trunk, SEARCH)
    if isinstance(colorizer, MatchingColorizer) and colorizer.encoder is not None:
        return BankInsight(colorizer, colorizer.encoder.trunk, colorizer.settings.search)
    raise ModelError("This model cannot be explained. Use --model matching, colormnet-lite or colormnet.")
