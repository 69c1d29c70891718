"""Many exemplars around any model: both directions from those inside a shot, and corrections carried through it."""

from collections.abc import Iterable, Iterator, Sequence

from kinemacolor.frames import Chroma, Luma
from kinemacolor.models.base import Colorizer, Confidence, ConfidentColorizer, Reference
from kinemacolor.models.permanent.both_ways import both_ways
from kinemacolor.models.permanent.corrections import corrected
from kinemacolor.models.permanent.marks import is_mark

__all__ = ["both_ways", "corrected", "is_mark", "suited", "with_exemplars"]


def suited(model: Colorizer, references: Sequence[Reference], *, back: bool) -> Colorizer:
    """The model as a shot's exemplars need it: corrected where parts of its frames are given, and with ``back``
    colouring towards the start too where exemplars lie inside. Else the model itself.
    """
    inside = [r for r in references if r.index is not None]
    if back and any(r.alpha is None and r.index for r in inside):
        model = both_ways(model)
    return corrected(model) if any(r.alpha is not None for r in inside) else model


def with_exemplars(model: Colorizer, *, back: bool) -> Colorizer:
    """The model that colours each shot as ``suited`` to its exemplars; it says how sure it is if the model does."""
    return _ConfidentSuited(model, back=back) if isinstance(model, ConfidentColorizer) else _Suited(model, back=back)


class _Suited:
    def __init__(self, model: Colorizer, *, back: bool) -> None:
        self.model, self.back = model, back

    def colorize(self, lumas: Iterable[Luma], references: Sequence[Reference]) -> Iterator[Chroma]:
        """The chroma of each luma of one shot, in order."""
        return suited(self.model, references, back=self.back).colorize(lumas, references)


class _ConfidentSuited(_Suited):
    def colorize_with_confidence(
        self, lumas: Iterable[Luma], references: Sequence[Reference]
    ) -> Iterator[tuple[Chroma, Confidence]]:
        """The chroma of each luma of one shot, in order, with the confidence in it."""
        model = suited(self.model, references, back=self.back)
        assert isinstance(model, ConfidentColorizer)
        return model.colorize_with_confidence(lumas, references)
