"""A model as the exemplars of each shot need it: bidirectional, corrected, both, or as it is."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from kinemacolor.engine.exemplars.bidirectional import Bidirectional
from kinemacolor.engine.exemplars.corrections import Corrected
from kinemacolor.frames import Luma, ObjectMasks
from kinemacolor.models.base import Answer, Colorizer, Reference, StreamingColorizer


def suited(model: Colorizer, references: Sequence[Reference], *, bidirectional: bool) -> Colorizer:
    """The model as a shot's exemplars need it, else the model itself.

    It is corrected where parts of its frames are given, and with ``bidirectional`` it colors towards the start too
    where exemplars lie inside.
    """
    inside = [r for r in references if r.index is not None]
    if bidirectional and any(r.alpha is None and r.index for r in inside):
        model = Bidirectional(model)
    return Corrected(model) if any(r.alpha is not None for r in inside) else model


def identity_with(identity: str, *, bidirectional: bool) -> str:
    """The identity of ``WithExemplars`` around a model of this ``identity``."""
    return f"{identity}-{'bidirectional' if bidirectional else 'forward'}"


class WithExemplars:
    """The model that colors each shot as ``suited`` to its exemplars."""

    def __init__(self, model: Colorizer, *, bidirectional: bool) -> None:
        self.model, self.bidirectional = model, bidirectional

    @property
    def identity(self) -> str:
        """That of the model, and whether it colors towards the start too."""
        return identity_with(self.model.identity, bidirectional=self.bidirectional)

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the model."""
        return self.model.notes

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        """The answer for each luma of one shot, in order."""
        return suited(self.model, references, bidirectional=self.bidirectional).colorize(lumas, references, objects)

    def streaming(self, references: Sequence[Reference]) -> StreamingColorizer[Any] | None:
        """The model inside, where a shot with these exemplars can be colored in spans; None where it cannot.

        A shot that parts of its frames correct is colored in one go.
        """
        corrected = any(r.index is not None and r.alpha is not None for r in references)
        able = isinstance(self.model, StreamingColorizer) and self.model.keeps_state
        return self.model if able and not corrected and isinstance(self.model, StreamingColorizer) else None

    def may_be_cut(self, references: Sequence[Reference], frame: int) -> bool:
        """Whether a span may begin at this frame of a shot."""
        outer = suited(self.model, references, bidirectional=self.bidirectional)
        return not isinstance(outer, Bidirectional) or outer.may_be_cut(references, frame)

    def go_on(
        self, lumas: Iterable[Luma], references: Sequence[Reference], state: Any, first: int
    ) -> Iterator[Answer]:
        """The answers from a shot's frame ``first`` on, ``state`` being the model's before it; it is changed.

        They are those of the shot in one go, to the bit, where it ``may_be_cut`` there and where ``lumas`` end.
        """
        outer = suited(self.model, references, bidirectional=self.bidirectional)
        if isinstance(outer, Bidirectional):
            return outer.go_on(lumas, references, state, first)
        model = self.streaming(references)
        assert model is not None
        return model.go_on(lumas, state)
