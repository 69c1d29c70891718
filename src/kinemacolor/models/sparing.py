"""Models that need less memory and more time, and give the same colors: for where memory does not suffice."""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from kinemacolor.frames import Luma
from kinemacolor.models.base import Answer, Colorizer, Reference, StreamingColorizer


@runtime_checkable
class KeepsExemplars(Protocol):
    """A model that holds exemplars on its device, and can do with holding them elsewhere."""

    exemplars_on_host: bool

    def with_exemplars_on_host(self) -> Colorizer:
        """The same model, whose exemplars lie in the computer's own memory but for those that a frame asks."""
        ...


class OneByOne(StreamingColorizer[Any]):
    """A model that looks at no frame before its turn."""

    def __init__(self, model: StreamingColorizer[Any]) -> None:
        self.model, self.notes = model, model.notes
        self.keeps_state = model.keeps_state

    @property
    def identity(self) -> str:
        """That of the model: its colors are the same."""
        return self.model.identity

    def start(self, references: Sequence[Reference]) -> Any:
        """The model's state before a shot's first frame."""
        return self.model.start(references)

    def step(self, luma: Luma, state: Any) -> Answer:
        """The model's answer for the next frame."""
        return self.model.step(luma, state)


def lighter(model: Colorizer) -> tuple[Colorizer, str] | None:
    """The model with one thing less in memory, and what that is; None where there is nothing left to save.

    First no frame is prepared ahead, then exemplars go to the computer's own memory and frames are compared with them
    in smaller parts.
    """
    if isinstance(model, StreamingColorizer) and model.frames_ahead:
        return OneByOne(model), "no frame is prepared ahead"
    inner = model.model if isinstance(model, OneByOne) else model
    if isinstance(inner, KeepsExemplars) and not inner.exemplars_on_host:
        spared = inner.with_exemplars_on_host()
        again = OneByOne(spared) if isinstance(model, OneByOne) and isinstance(spared, StreamingColorizer) else spared
        return again, "exemplars wait in the computer's own memory, and frames are compared in smaller parts"
    return None
