"""A model's answers frame by frame, each with the frame's number and luma."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.frames import Chroma, Luma, ObjectMasks
from kinemacolor.models.base import Answer, Colorizer, Confidence, Reference
from kinemacolor.resize import resize


@dataclass(slots=True)
class AnsweredFrame:
    """A frame's number in its shot, its luma, and the model's answer to it."""

    index: int
    luma: Luma
    chroma: Chroma
    confidence: Confidence | None


def answers(
    model: Colorizer, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None
) -> Iterator[AnsweredFrame]:
    """The frames of a shot with the model's answers, in order."""
    return numbered(lumas, lambda some: model.colorize(some, references, objects))


def numbered(
    lumas: Iterable[Luma], color: Callable[[Iterator[Luma]], Iterator[Answer]], *, first: int = 0
) -> Iterator[AnsweredFrame]:
    """The frames of a shot from its frame ``first`` on, with what ``color`` answers to their lumas."""
    waiting: deque[Luma] = deque()

    def noted() -> Iterator[Luma]:
        for luma in lumas:
            waiting.append(luma)
            yield luma

    for index, answer in enumerate(color(noted()), first):
        yield AnsweredFrame(index, waiting.popleft(), answer.chroma, answer.confidence)


def confidence_at(frame: AnsweredFrame, size: tuple[int, int]) -> Float[Tensor, "1 h w"]:
    """The confidence at a size; 1 everywhere of a model that cannot say."""
    if frame.confidence is None:
        return torch.ones(1, *size, device=frame.chroma.device)
    return resize(frame.confidence, size)


class Answering(ABC):
    """A model around a model, which changes its answers."""

    def __init__(self, model: Colorizer) -> None:
        self.model = model

    @property
    @abstractmethod
    def identity(self) -> str:
        """That of the model inside, and what is around it."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the model inside."""
        return self.model.notes

    @abstractmethod
    def _answers(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None
    ) -> Iterator[AnsweredFrame]:
        """The answers for the frames of one shot, in order."""

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        """The answer for each luma of one shot, in order."""
        for frame in self._answers(lumas, references, objects):
            yield Answer(frame.chroma, frame.confidence)
