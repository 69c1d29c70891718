"""The interface of a model: all that the engine may ask of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.errors import ModelError
from kinemacolor.frames import Chroma, Luma, ObjectMasks
from kinemacolor.layers.place_features import PlaceFeatures
from kinemacolor.models.host_memory import giving_back

StateT = TypeVar("StateT")

DOUBTFUL = 10.0
"""The expected error, in units of a*b*, at which confidence has fallen to 1 / e."""

Confidence = Float[Tensor, "1 hc wc"]
"""How sure a model is of a frame's colors, 0..1, at whatever size it knows that: ``confidence_of`` an error."""


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


@dataclass(frozen=True, slots=True)
class Answer:
    """The colors of one frame, of its luma's size, and how sure the model is of them; None if it cannot say."""

    chroma: Chroma
    confidence: Confidence | None = None


@dataclass(frozen=True, slots=True)
class Guess:
    """Likely colors of a frame by its look alone, of its luma's size, and the features by which it is looked at."""

    chroma: Chroma
    places: PlaceFeatures


@runtime_checkable
class Guesser(Protocol):
    """A model that has an opinion on a frame's colors without any exemplar."""

    def guess(self, luma: Luma) -> Guess:
        """The likely colors of a frame: muted, since a thing of any color is gray on the mean."""
        ...


@runtime_checkable
class Colorizer(Protocol):
    """All the engine knows of a model."""

    @property
    def identity(self) -> str:
        """A short hash of all that its colors depend on: name, weights and settings (``models.identity``).

        Where and how fast it runs (device, threads, caches) is no part of it; the precision is.
        """
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence on each part that stands in for a missing one; mostly none."""
        ...

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        """The answer for each luma of one shot, in order.

        Lumas are of one size and are read as late as the model can. Chroma lies on the model's device. ``objects``
        are the shot's object masks, counted from its first frame; a model that has no use for any raises
        ``ModelError`` where some are given.
        """
        ...


def refuse_objects(objects: ObjectMasks | None) -> None:
    """Raises ``ModelError`` where object masks are given: for models that have no use for any."""
    if objects is not None:
        raise ModelError("This model takes no object masks. Use --model spatiotemporal, or leave --masks out.")


class StreamingColorizer(ABC, Generic[StateT]):
    """A model that needs no frame after the one it colors (ColorMNet, Deep Exemplar, matching).

    Parameters live in the model, what a film leaves behind lives in the state: two films share one model, and a
    state can be copied with ``copy.deepcopy``.
    """

    notes: tuple[str, ...] = ()

    frames_ahead: int = 0
    """How many frames ``colorize`` prepares before their turn, each taking memory."""

    keeps_state: bool = False
    """Whether its states can be kept as bytes (``models.kept``), to go on from in another run."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """A short hash of name, weights and settings, as ``Colorizer`` has it."""

    @abstractmethod
    def start(self, references: Sequence[Reference]) -> StateT:
        """The state before a shot's first frame."""

    @abstractmethod
    def step(self, luma: Luma, state: StateT) -> Answer:
        """The answer for the next frame, of the luma's size. Changes the state, and nothing else."""

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        """The answer for each luma of one shot, in order. Raises ``ModelError`` where ``objects`` are given."""
        refuse_objects(objects)
        with giving_back():
            state = self.start(references)
        yield from self.go_on(lumas, state)

    def go_on(self, lumas: Iterable[Luma], state: StateT) -> Iterator[Answer]:
        """The answer for each of a shot's next lumas, in order.

        Once all have been read, the state is that after the last of them: the answers to a shot are the same, to the
        bit, in one go and in parts.
        """
        for luma in lumas:
            yield self.step(luma, state)
