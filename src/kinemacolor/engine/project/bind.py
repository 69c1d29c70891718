"""Stills to frames: what a file's name says, held against what the picture shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.engine.analysis.still_finder import SURE, StillPlace

_NOTHING_LIKE_IT = 0.6
_EXACTLY_OVER = 0.85
_ITS_VERY_FRAME = 0.95


@dataclass(frozen=True, slots=True)
class BoundStill:
    """A still and the frame it is for; ``note`` says what is worth knowing, empty where all is as named."""

    path: Path
    frame: int | None
    note: str = ""


def bind(
    paths: Sequence[Path], named: Sequence[int | None], places: Sequence[StillPlace | None], frames: int
) -> list[BoundStill]:
    """Each still with its frame: the named one where it shows that, else the one that it does show.

    A frame gets one still, the one most like it; others of that frame are for none.
    """
    bound = [_bound(path, name, place, frames) for path, name, place in zip(paths, named, places)]
    best: dict[int, int] = {}
    for i, still in enumerate(bound):
        if still.frame is not None:
            other = best.setdefault(still.frame, i)
            if _likeness(places[i]) > _likeness(places[other]):
                best[still.frame] = i
    return [
        still
        if still.frame is None or best[still.frame] == i
        else BoundStill(still.path, None, f"frame {still.frame} has {paths[best[still.frame]].name}, which is liker")
        for i, still in enumerate(bound)
    ]


def _likeness(place: StillPlace | None) -> float:
    return place.likeness if place is not None else -1.0


def _bound(path: Path, named: int | None, place: StillPlace | None, frames: int) -> BoundStill:
    if named is None:
        return _unnamed(path, place)
    outside = named >= frames
    if place is None:
        note = f"its name says frame {named}, which the film does not have" if outside else ""
        return BoundStill(path, None if outside else named, note)
    shows = f"it shows frame {place.frame} ({place.likeness:.2f})"
    if outside and place.likeness >= SURE:
        return BoundStill(path, place.frame, f"its name says frame {named}, which the film does not have; {shows}")
    if outside:
        return BoundStill(path, None, f"its name says frame {named}, which the film does not have")
    own = place.own if place.own is not None else -1.0
    if place.is_elsewhere:
        return BoundStill(path, place.frame, f"its name says frame {named} ({own:.2f}); {shows}")
    if own < _NOTHING_LIKE_IT:
        return BoundStill(
            path, None, f"its name says frame {named}, which is not like it ({own:.2f}); nor is another"
        )
    note = f"it does not lie exactly over frame {named} ({own:.2f})" if own < _EXACTLY_OVER else ""
    return BoundStill(path, named, note)


def _unnamed(path: Path, place: StillPlace | None) -> BoundStill:
    if place is not None and place.likeness >= _ITS_VERY_FRAME:
        return BoundStill(path, place.frame, f"found by content ({place.likeness:.2f})")
    return BoundStill(path, None, "no frame of the film")
