"""Samples to learn from: a clip's lumas and chromas, and an exemplar that may or may not belong to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

ExemplarKind = Literal["frame_before", "same_frame", "other_frame", "other_augmentation", "unrelated"]
"""Origin of a sample's exemplar: the frame before the clip, one of its frames, any other frame of the film,
one of its frames moved, bent and exposed otherwise, or another film or photograph."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A training clip. Lumas are L* 0..100 and may be worn; chromas are the a*b* to be found.

    ``related`` is False where the exemplar shows something else, so that its colors must not be taken.
    """

    lumas: Float[Tensor, "t 1 h w"]
    chromas: Float[Tensor, "t 2 h w"]
    exemplar_luma: Float[Tensor, "1 h w"]
    exemplar_chroma: Float[Tensor, "2 h w"]
    exemplar_kind: ExemplarKind = "frame_before"

    @property
    def related(self) -> bool:
        """Whether the exemplar shows what the clip shows."""
        return self.exemplar_kind != "unrelated"


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of equal shape, stacked."""

    lumas: Float[Tensor, "b t 1 h w"]
    chromas: Float[Tensor, "b t 2 h w"]
    exemplar_luma: Float[Tensor, "b 1 h w"]
    exemplar_chroma: Float[Tensor, "b 2 h w"]
    related: Bool[Tensor, " b"]

    def to(self, device: torch.device) -> "Batch":
        """The batch on a device."""
        planes = (self.lumas, self.chromas, self.exemplar_luma, self.exemplar_chroma, self.related)
        return Batch(*(plane.to(device, non_blocking=True) for plane in planes))

    def pin_memory(self) -> "Batch":
        """The batch in page-locked memory, from which a GPU copies faster. The data loader calls this."""
        planes = (self.lumas, self.chromas, self.exemplar_luma, self.exemplar_chroma, self.related)
        return Batch(*(plane.pin_memory() for plane in planes))


def collate(samples: Sequence[Sample]) -> Batch:
    """The samples as one batch."""
    return Batch(
        torch.stack([s.lumas for s in samples]),
        torch.stack([s.chromas for s in samples]),
        torch.stack([s.exemplar_luma for s in samples]),
        torch.stack([s.exemplar_chroma for s in samples]),
        torch.tensor([s.related for s in samples]),
    )
