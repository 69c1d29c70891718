"""A picture beside the truth, and the interface of every measure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

from jaxtyping import Bool, Float
from torch import Tensor

from kinemacolor import color
from kinemacolor.frames import RGB
from kinemacolor.models.base import Confidence


@dataclass(frozen=True)
class Pair:
    """A picture, the truth, the pixels of objects where the clip has masks, and whether the frame is an exemplar.

    ``confidence`` is what the model that made the picture says of it, if it does.
    """

    picture: RGB
    truth: RGB
    objects: Bool[Tensor, "h w"] | None = None
    is_exemplar: bool = False
    confidence: Confidence | None = None

    @cached_property
    def lab(self) -> Float[Tensor, "3 h w"]:
        """CIELAB of the picture."""
        return color.lab_of(self.picture)

    @cached_property
    def true_lab(self) -> Float[Tensor, "3 h w"]:
        """CIELAB of the truth."""
        return color.lab_of(self.truth)


@runtime_checkable
class Measure(Protocol):
    """Figures of one clip, given frame by frame."""

    def update(self, pair: Pair) -> Mapping[str, float]:
        """The figures of this frame, by name."""
        ...

    def compute(self) -> Mapping[str, float]:
        """The figures of the clip as a whole, after its last frame."""
        ...
