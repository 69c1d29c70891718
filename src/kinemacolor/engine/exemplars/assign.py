"""Which exemplars a shot is colored from, as the model sees them."""

from collections.abc import Sequence
from pathlib import Path

from kinemacolor import color
from kinemacolor.engine.exemplars.marks import is_mark
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.models.base import Reference

MOST_ALIKE = 2
"""How many exemplars from elsewhere a shot gets for being like it, besides the nearest in time."""


def active_exemplars(
    shot: Shot, exemplars: Sequence[Exemplar], *, likeness: Sequence[float] = (), pinned: Sequence[str] = ()
) -> list[Exemplar]:
    """Those of a film's exemplars that a shot is colored from, in the order given.

    Corrections (``engine.exemplars.marks.is_mark``) belong to the shot they are in. Of the rest
    all inside the shot; those of the nearest frame before and after it; the ``pinned``, by file name; and of the
    others the two most like the shot by ``likeness`` (one number each), so that a set that returns is remembered.
    """
    chosen = {i for i, e in enumerate(exemplars) if index_in(shot, e) is not None or Path(e.name).name in pinned}
    marks = {i for i, e in enumerate(exemplars) if is_mark(e.alpha)}
    frames = [e.index for i, e in enumerate(exemplars) if e.index is not None and i not in marks]
    nearest = {max((f for f in frames if f < shot.start), default=None)}
    nearest.add(min((f for f in frames if f >= shot.stop), default=None))
    chosen |= {i for i, e in enumerate(exemplars) if e.index is not None and e.index in nearest and i not in marks}
    others = [i for i in range(len(exemplars)) if i not in chosen | marks]
    if likeness:
        others.sort(key=lambda i: (-likeness[i], i))
    return [exemplars[i] for i in sorted({*chosen, *others[:MOST_ALIKE]})]


def index_in(shot: Shot, exemplar: Exemplar) -> int | None:
    """The exemplar's frame counted from the shot's first, None where it is none of the shot's frames."""
    inside = exemplar.index is not None and shot.start <= exemplar.index < shot.stop
    return exemplar.index - shot.start if inside and exemplar.index is not None else None


def in_order(exemplars: Sequence[Exemplar]) -> list[Exemplar]:
    """The exemplars by frame, those of no frame last, then by name."""
    return sorted(exemplars, key=lambda e: (e.index is None, e.index or 0, e.name))


def references_for(shot: Shot, exemplars: Sequence[Exemplar]) -> list[Reference]:
    """The exemplars as references of ``shot``, in the order of their frames, those of no frame last.

    An exemplar of a frame outside the shot serves as one of no frame.
    """
    references = []
    for exemplar in in_order(exemplars):
        luma, chroma = color.split(exemplar.rgb)
        references.append(Reference(luma, chroma, index_in(shot, exemplar), exemplar.alpha))
    return references
