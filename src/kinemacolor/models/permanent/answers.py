"""A model's answers frame by frame, with its confidence where it has one."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.frames import Chroma, Luma
from kinemacolor.models.base import Colorizer, Confidence, ConfidentColorizer, Reference
from kinemacolor.resize import resize


@dataclass(slots=True)
class Answer:
    """A frame's number in its shot, its luma, the chroma for it, and how sure the model is; None if it cannot say."""

    index: int
    luma: Luma
    chroma: Chroma
    confidence: Confidence | None


def answers(model: Colorizer, lumas: Iterable[Luma], references: Sequence[Reference]) -> Iterator[Answer]:
    """What a model answers to the frames of a shot, in order."""
    waiting: deque[Luma] = deque()

    def noted() -> Iterator[Luma]:
        for luma in lumas:
            waiting.append(luma)
            yield luma

    if isinstance(model, ConfidentColorizer):
        for index, (chroma, confidence) in enumerate(model.colorize_with_confidence(noted(), references)):
            yield Answer(index, waiting.popleft(), chroma, confidence)
    else:
        for index, chroma in enumerate(model.colorize(noted(), references)):
            yield Answer(index, waiting.popleft(), chroma, None)


def confidence_at(answer: Answer, size: tuple[int, int]) -> Float[Tensor, "1 h w"]:
    """The confidence at a size; 1 everywhere of a model that cannot say."""
    if answer.confidence is None:
        return torch.ones(1, *size, device=answer.chroma.device)
    return resize(answer.confidence, size)


class Answering(ABC):
    """A model around a model: it gives answers, frame by frame."""

    @abstractmethod
    def _answers(self, lumas: Iterable[Luma], references: Sequence[Reference]) -> Iterator[Answer]:
        """The answers for the frames of one shot, in order."""

    def colorize(self, lumas: Iterable[Luma], references: Sequence[Reference]) -> Iterator[Chroma]:
        """The chroma of each luma of one shot, in order."""
        return (answer.chroma for answer in self._answers(lumas, references))


class ConfidentAnswering(Answering):
    """The same around a model that says how sure it is."""

    def colorize_with_confidence(
        self, lumas: Iterable[Luma], references: Sequence[Reference]
    ) -> Iterator[tuple[Chroma, Confidence]]:
        """The chroma of each luma of one shot, in order, with the confidence in it."""
        for answer in self._answers(lumas, references):
            assert answer.confidence is not None
            yield answer.chroma, answer.confidence
