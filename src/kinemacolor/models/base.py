"""What the engine may ask of a model, and nothing more."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.frames import Chroma, Luma
from kinemacolor.io.masks import MaskFile

StateT = TypeVar("StateT")

DOUBTFUL = 10.0
"""The expected error, in units of a*b*, at which confidence has fallen to 1 / e."""

Confidence = Float[Tensor, "1 hc wc"]
"""How sure a model is of a frame's colours, 0..1, at whatever size it knows that: ``confidence_of`` an error."""


def confidence_of(error: Float[Tensor, "1 h w"]) -> Confidence:
    """``exp(-error / 10)``, where a model expects to be off by ``error`` in units of a*b*; 1 where it knows."""
    return torch.exp(-error / DOUBTFUL)


@dataclass(frozen=True, slots=True)
class Reference:
    """An exemplar as a model sees it.

    ``luma`` and ``chroma`` are of one size, which need not be the frames' size. ``index`` counts from the shot's
    first frame, and is None where the exemplar is no frame of the shot. ``alpha`` (0..1) says which part counts;
    None means all of it.
    """

    luma: Luma
    chroma: Chroma
    index: int | None = None
    alpha: Float[Tensor, "1 h w"] | None = None


@runtime_checkable
class Colorizer(Protocol):
    """All the engine knows of a model."""

    def colorize(self, lumas: Iterable[Luma], references: Sequence[Reference]) -> Iterator[Chroma]:
        """The chroma of each luma of one shot, in order, each of its luma's size.

        Lumas are of one size and are read as late as the model can. Chroma lies on the model's device.
        """
        ...


@runtime_checkable
class MaskedColorizer(Protocol):
    """A model that can be told which objects frames show."""

    def with_masks(self, masks: MaskFile, *, first_frame: int = 0) -> Colorizer:
        """The same model for a shot whose first frame is ``first_frame`` of ``masks``."""
        ...


@runtime_checkable
class ConfidentColorizer(Protocol):
    """A model that says how sure it is of its colours."""

    def colorize_with_confidence(
        self, lumas: Iterable[Luma], references: Sequence[Reference]
    ) -> Iterator[tuple[Chroma, Confidence]]:
        """What ``colorize`` gives, each frame's chroma with the model's confidence in it."""
        ...


class StreamingColorizer(ABC, Generic[StateT]):
    """A model that needs no frame after the one it colours (ColorMNet, Deep Exemplar, matching).

    Parameters live in the model, what a film leaves behind lives in the state: two films share one model, and a
    state can be copied with ``copy.deepcopy``.
    """

    @abstractmethod
    def start(self, references: Sequence[Reference]) -> StateT:
        """The state before a shot's first frame."""

    @abstractmethod
    def step(self, luma: Luma, state: StateT) -> Chroma:
        """The chroma of the next frame, of the luma's size. Changes the state, and nothing else."""

    def colorize(self, lumas: Iterable[Luma], references: Sequence[Reference]) -> Iterator[Chroma]:
        """The chroma of each luma of one shot, in order."""
        state = self.start(references)
        for luma in lumas:
            yield self.step(luma, state)


class ConfidentStreamingColorizer(StreamingColorizer[StateT]):
    """A model that needs no later frame and whose state tells how sure it is of the frame last coloured."""

    @abstractmethod
    def confidence(self, state: StateT) -> Confidence:
        """The confidence in the chroma that the last ``step`` gave; there was one."""

    def colorize_with_confidence(
        self, lumas: Iterable[Luma], references: Sequence[Reference]
    ) -> Iterator[tuple[Chroma, Confidence]]:
        """The chroma of each luma of one shot, in order, with the confidence in it."""
        state = self.start(references)
        for luma in lumas:
            yield self.step(luma, state), self.confidence(state)
