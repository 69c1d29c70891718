"""G of Eq. 2: the color network that makes warped colors smooth and steady; the backbone's, Deep Exemplar's."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from kinemacolor.frames import Chroma, Luma


@dataclass(frozen=True, slots=True)
class Colored:
    """A frame as the next one's refinement sees it: luma and chroma at the working size."""

    luma: Luma
    chroma: Chroma


@runtime_checkable
class Refinement(Protocol):
    """A network that answers with chroma at the working size."""

    def __call__(
        self, luma: Luma, warped: Chroma, confidence: Float[Tensor, "1 h w"], before: Colored | None
    ) -> Chroma:
        """The chroma of a frame from its luma, W and S at the working size, and the frame before, if any."""
        ...
