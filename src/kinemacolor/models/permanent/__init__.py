"""Many exemplars around any model: both directions from those inside a shot, and corrections carried through it."""

from collections.abc import Iterable, Iterator, Sequence

from kinemacolor.frames import Luma, ObjectMasks
from kinemacolor.models.base import Answer, Colorizer, Reference
from kinemacolor.models.permanent.both_ways import BothWays
from kinemacolor.models.permanent.corrections import Corrected
from kinemacolor.models.permanent.marks import is_mark

__all__ = ["BothWays", "Corrected", "WithExemplars", "is_mark", "suited"]


def suited(model: Colorizer, references: Sequence[Reference], *, back: bool) -> Colorizer:
    """The model as a shot's exemplars need it: corrected where parts of its frames are given, and with ``back``
    colouring towards the start too where exemplars lie inside. Else the model itself.
    """
    inside = [r for r in references if r.index is not None]
    if back and any(r.alpha is None and r.index for r in inside):
        model = BothWays(model)
    return Corrected(model) if any(r.alpha is not None for r in inside) else model


class WithExemplars:
    """The model that colours each shot as ``suited`` to its exemplars."""

    def __init__(self, model: Colorizer, *, back: bool) -> None:
        self.model, self.back = model, back

    @property
    def identity(self) -> str:
        """That of the model, and whether it colours towards the start too."""
        return f"{self.model.identity}-{'both' if self.back else 'onward'}"

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the model."""
        return self.model.notes

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        """The answer for each luma of one shot, in order."""
        return suited(self.model, references, back=self.back).colorize(lumas, references, objects)
