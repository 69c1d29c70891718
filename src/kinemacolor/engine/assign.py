"""Which exemplars a shot is coloured from, as the model sees them."""

from collections.abc import Sequence

from kinemacolor import color
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.models.base import Reference


def references_for(shot: Shot, exemplars: Sequence[Exemplar]) -> list[Reference]:
    """The exemplars as references of ``shot``, in the order of their frames, those of no frame last.

    An exemplar of a frame outside the shot serves as one of no frame.
    """
    references = []
    for exemplar in sorted(exemplars, key=lambda e: (e.index is None, e.index or 0, e.name)):
        inside = exemplar.index is not None and shot.start <= exemplar.index < shot.stop
        index = exemplar.index - shot.start if inside and exemplar.index is not None else None
        luma, chroma = color.split(exemplar.rgb)
        references.append(Reference(luma, chroma, index, exemplar.alpha))
    return references
