"""Which two exemplars color a frame: its neighbors in time, on either side.

Exemplars that are frames of the shot divide it into spans. Where there is none, the others are taken to stand evenly
from the first frame to the last, in their order: two of them at both ends, as in the paper. With an exemplar on one
side only, it serves as both (the paper's single-reference variant).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Span:
    """Frames ``first`` to ``last``, both included, between two exemplars given by their position in a list.

    ``last`` None is the shot's end, wherever that is.
    """

    first: int
    last: int | None
    forward: int
    backward: int


def needs_length(indices: Sequence[int | None]) -> bool:
    """Whether the spans depend on the shot's length: several exemplars, and no one knows their frames."""
    return len(indices) > 1 and all(index is None for index in indices)


def spans_of(indices: Sequence[int | None], frames: int | None = None) -> list[Span]:
    """The spans of a shot in order. One ends with the frame that the next begins with.

    ``indices`` are the exemplars' frames, at least one; of two on one frame the first counts. ``frames`` is the
    shot's length, which only ``needs_length`` asks for. Exemplars of no frame count where all are.
    """
    places = _places(indices, frames)
    if not places:
        return [Span(0, None, 0, 0)]
    known = sorted(places)
    spans = [Span(a, b, places[a], places[b]) for a, b in pairwise(known)]
    if known[0] > 0:
        spans.insert(0, Span(0, known[0], places[known[0]], places[known[0]]))
    return [*spans, Span(known[-1], None, places[known[-1]], places[known[-1]])]


def _places(indices: Sequence[int | None], frames: int | None) -> dict[int, int]:
    """The exemplar at each frame that has one."""
    places: dict[int, int] = {}
    for number, index in enumerate(indices):
        if index is not None:
            places.setdefault(index, number)
    if places or frames is None or len(indices) == 1:
        return places
    step = (frames - 1) / (len(indices) - 1)
    for number in range(len(indices)):
        places.setdefault(round(number * step), number)
    return places
