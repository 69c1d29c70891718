"""Strokes of corrections, and what is left of one that another is drawn over."""

import math
import re
from dataclasses import dataclass, replace
from itertools import pairwise

from kinemacolor.errors import SettingError
from kinemacolor.io.points import Point

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_STRAIGHT_PX = 0.75
_MOST_PLACES = 500

Place = tuple[int, int]
"""Column and row of the displayed picture."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A correction: a color, ``#rrggbb``, all along a line on a frame; one place alone is a point."""

    frame: int
    color: str
    places: tuple[Place, ...]

    @property
    def text(self) -> str:
        """As ``--point`` takes it."""
        return f"{' '.join(f'{x},{y}' for x, y in self.places)}@{self.frame}={self.color}"

    def check(self) -> None:
        """Raises ``SettingError`` for what is no stroke."""
        wrong = not self.places or any(min(place) < 0 for place in self.places)
        if wrong or not _COLOR.fullmatch(self.color) or len(self.places) > _MOST_PLACES:
            raise SettingError(f"{self.text[:80]} is no stroke. Give places in the picture and a color like #8a3b2c.")


def stroke_of(point: Point) -> Stroke | None:
    """The stroke that a point of a project's settings is; None for one that is bound to a time."""
    if not isinstance(point.position, int):
        return None
    return Stroke(point.position, f"#{bytes(point.rgb).hex()}", point.places)


def _distance(place: Place, begin: Place, end: Place) -> float:
    x, y = end[0] - begin[0], end[1] - begin[1]
    column, row = place[0] - begin[0], place[1] - begin[1]
    along = min(1.0, max(0.0, (column * x + row * y) / max(1, x * x + y * y)))
    return math.hypot(column - along * x, row - along * y)


def distance(place: Place, stroke: Stroke) -> float:
    """How far a place is from a stroke, in pixels."""
    ends = stroke.places[1:] or stroke.places
    return min(_distance(place, begin, end) for begin, end in zip(stroke.places, ends))


def simplified(places: tuple[Place, ...]) -> tuple[Place, ...]:
    """The places without those that the line passes by anyway (Douglas and Peucker)."""
    if len(places) < 3:
        return places
    far, at = max((_distance(p, places[0], places[-1]), n) for n, p in enumerate(places[1:-1], 1))
    if far <= _STRAIGHT_PX:
        return (places[0], places[-1])
    return (*simplified(places[: at + 1])[:-1], *simplified(places[at:]))


def _dense(places: tuple[Place, ...]) -> list[Place]:
    """The line as places that are next to each other."""
    found = [places[0]]
    for begin, end in pairwise(places):
        steps = max(1, abs(end[0] - begin[0]), abs(end[1] - begin[1]))
        for step in range(1, steps + 1):
            found.append(
                (
                    round(begin[0] + (end[0] - begin[0]) * step / steps),
                    round(begin[1] + (end[1] - begin[1]) * step / steps),
                )
            )
    return found


def uncovered(old: Stroke, new: Stroke, within_px: float) -> list[Stroke]:
    """What is left of a stroke after another was drawn over it: what lies further from that than a few pixels."""
    if old.frame != new.frame:
        return [old]
    runs: list[list[Place]] = [[]]
    covered = False
    for place in _dense(old.places):
        if distance(place, new) > within_px:
            runs[-1].append(place)
            continue
        covered = True
        if runs[-1]:
            runs.append([])
    if not covered:
        return [old]
    return [replace(old, places=simplified(tuple(run))) for run in runs if run]
