"""Corrections written as points: ``320,180@48=#8a3b2c`` says that this place of frame 48 has this color.

Several places, as in ``320,180 340,220@48=#8a3b2c``, are a stroke: all along the line through them has it.
"""

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from kinemacolor.errors import ExemplarError
from kinemacolor.frames import Exemplar
from kinemacolor.io.position import FrameAt, Position, parse_position

_PLACE = r"\d{1,9}\s*,\s*\d{1,9}"
_POINT = re.compile(rf"\s*({_PLACE}(?:\s+{_PLACE})*)\s*@([^=]+)=\s*#([0-9a-fA-F]{{6}})\s*")
_NUMBERS = re.compile(r"(\d+)\s*,\s*(\d+)")
_RADIUS_SHARE = 0.01
_LEAST_RADIUS_PX = 2.0


@dataclass(frozen=True, slots=True)
class Point:
    """Column ``x`` and row ``y`` of the displayed picture, from 0; a frame, a time or a timecode; sRGB, 0..255.

    ``then`` are the further places of a stroke, each the end of a straight piece.
    """

    x: int
    y: int
    position: Position
    rgb: tuple[int, int, int]
    then: tuple[tuple[int, int], ...] = ()

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """All places, the first one first."""
        return ((self.x, self.y), *self.then)


def parse_point(text: str) -> Point:
    """The point that ``x,y@frame=#rrggbb`` says; the frame may be a time (``00:01:02.5``, ``62.5s``).

    Raises ``ExemplarError`` where it says none.
    """
    found = _POINT.fullmatch(text)
    position = parse_position(found[2].strip()) if found else None
    if found is None or position is None:
        raise ExemplarError(
            f"'{text}' is no point. Write x,y@frame=#rrggbb, for instance 320,180@48=#8a3b2c, and for a stroke "
            "several places: 320,180 340,220@48=#8a3b2c."
        )
    red, green, blue = bytes.fromhex(found[3])
    (x, y), *then = [(int(column), int(row)) for column, row in _NUMBERS.findall(found[1])]
    return Point(x, y, position, (red, green, blue), tuple(then))


def exemplars_of(
    points: Sequence[str],
    size: tuple[int, int],
    *,
    frames: int | None = None,
    frame_at: FrameAt | None = None,
) -> list[Exemplar]:
    """Partial exemplars of the displayed ``(height, width)``, one for each frame that points name: small discs.

    A stroke is a line as wide as a disc. The order of the points does not count; of two on the same pixels the
    greater color wins.

    Raises ``ExemplarError`` for a point that is none, lies outside the picture, or is on a frame past the end.
    """
    of_frame: dict[int, set[Point]] = defaultdict(set)
    for text in points:
        point = parse_point(text)
        if any(y >= size[0] or x >= size[1] for x, y in point.places):
            raise ExemplarError(f"Point '{text}' lies outside the picture, which is {size[1]}x{size[0]}.")
        if not isinstance(point.position, int) and frame_at is None:
            raise ExemplarError(f"Point '{text}': there is no film here whose frame a time could name.")
        frame = point.position if frame_at is None else frame_at(point.position)
        assert isinstance(frame, int)
        if frames is not None and frame >= frames:
            raise ExemplarError(f"Point '{text}' is on frame {frame}, but the film's last frame is {frames - 1}.")
        of_frame[frame].add(point)
    return [_drawn(frame, of_frame[frame], size) for frame in sorted(of_frame)]


def _drawn(frame: int, points: set[Point], size: tuple[int, int]) -> Exemplar:
    radius = max(_LEAST_RADIUS_PX, _RADIUS_SHARE * min(size))
    rgb = torch.full((3, *size), 128, dtype=torch.uint8)
    alpha = torch.zeros(1, *size)
    for point in sorted(points, key=lambda p: (p.rgb, p.y, p.x, p.then)):
        ink = torch.tensor(point.rgb, dtype=torch.uint8)[:, None]
        for begin, end in zip(point.places, point.then or point.places):
            box, touched = _piece(begin, end, radius, size)
            rgb[:, *box][:, touched] = ink
            alpha[:, *box][:, touched] = 1
    places = " and ".join(_named(point) for point in sorted(points, key=lambda p: (p.y, p.x, p.then)))
    return Exemplar(rgb, frame, alpha, f"point {places}@{frame}")


def _named(point: Point) -> str:
    end = f" to {point.then[-1][0]},{point.then[-1][1]}" if point.then else ""
    return f"{point.x},{point.y}{end}"


def _piece(
    begin: tuple[int, int], end: tuple[int, int], radius: float, size: tuple[int, int]
) -> tuple[tuple[slice, slice], torch.Tensor]:
    """The box around a straight piece, and which of its pixels lie within the radius of it."""
    reach = math.ceil(radius)
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(begin, end))
    box = (
        slice(max(0, top - reach), min(size[0], bottom + reach + 1)),
        slice(max(0, left - reach), min(size[1], right + reach + 1)),
    )
    rows = torch.arange(box[0].start, box[0].stop, dtype=torch.float64)[:, None] - begin[1]
    columns = torch.arange(box[1].start, box[1].stop, dtype=torch.float64) - begin[0]
    x, y = end[0] - begin[0], end[1] - begin[1]
    along = ((rows * y + columns * x) / max(1, x * x + y * y)).clamp(0, 1)
    return box, (rows - along * y).square() + (columns - along * x).square() <= radius**2
