"""Which exemplars a shot is coloured from, as the model sees them."""

from collections.abc import Sequence
from pathlib import Path

from kinemacolor import color
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.models.base import Reference

MOST_ALIKE = 2
"""How many exemplars from elsewhere a shot gets for being like it, besides the nearest in time."""


def active_exemplars(
    shot: Shot, exemplars: Sequence[Exemplar], *, likeness: Sequence[float] = (), pinned: Sequence[str] = ()
) -> list[Exemplar]:
    """Those of a film's exemplars that a shot is coloured from, in the order given.

    All inside the shot; those of the nearest frame before and after it; the ``pinned``, by file name; and of the
    others the two most like the shot by ``likeness`` (one number each), so that a set that returns is remembered.
    """
    chosen = {i for i, e in enumerate(exemplars) if _is_inside(e, shot) or Path(e.name).name in pinned}
    frames = [e.index for e in exemplars if e.index is not None]
    nearest = {max((f for f in frames if f < shot.start), default=None)}
    nearest.add(min((f for f in frames if f >= shot.stop), default=None))
    chosen |= {i for i, e in enumerate(exemplars) if e.index is not None and e.index in nearest}
    others = [i for i in range(len(exemplars)) if i not in chosen]
    if likeness:
        others.sort(key=lambda i: (-likeness[i], i))
    return [exemplars[i] for i in sorted({*chosen, *others[:MOST_ALIKE]})]


def _is_inside(exemplar: Exemplar, shot: Shot) -> bool:
    return exemplar.index is not None and shot.start <= exemplar.index < shot.stop


def references_for(shot: Shot, exemplars: Sequence[Exemplar]) -> list[Reference]:
    """The exemplars as references of ``shot``, in the order of their frames, those of no frame last.

    An exemplar of a frame outside the shot serves as one of no frame.
    """
    references = []
    for exemplar in sorted(exemplars, key=lambda e: (e.index is None, e.index or 0, e.name)):
        index = exemplar.index - shot.start if exemplar.index is not None and _is_inside(exemplar, shot) else None
        luma, chroma = color.split(exemplar.rgb)
        references.append(Reference(luma, chroma, index, exemplar.alpha))
    return references
