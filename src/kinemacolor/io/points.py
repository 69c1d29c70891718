"""Corrections written as points: ``320,180@48=#8a3b2c`` says that this place of frame 48 has this color."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from kinemacolor.errors import ExemplarError
from kinemacolor.frames import Exemplar
from kinemacolor.io.info import frame_name
from kinemacolor.io.position import FrameAt, Position, parse_position

_POINT = re.compile(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*@([^=]+)=\s*#([0-9a-fA-F]{6})\s*")
_RADIUS_SHARE = 0.01
_LEAST_RADIUS_PX = 2.0


@dataclass(frozen=True, slots=True)
class Point:
    """Column ``x`` and row ``y`` of the displayed picture, from 0; a frame, a time or a timecode; sRGB, 0..255."""

    x: int
    y: int
    position: Position
    rgb: tuple[int, int, int]


def parse_point(text: str) -> Point:
    """The point that ``x,y@frame=#rrggbb`` says; the frame may be a time (``00:01:02.5``, ``62.5s``).

    Raises ``ExemplarError`` where it says none.
    """
    found = _POINT.fullmatch(text)
    position = parse_position(found[3].strip()) if found else None
    if found is None or position is None:
        raise ExemplarError(f"'{text}' is no point. Write x,y@frame=#rrggbb, for instance 320,180@48=#8a3b2c.")
    red, green, blue = bytes.fromhex(found[4])
    return Point(int(found[1]), int(found[2]), position, (red, green, blue))


def exemplars_of(
    points: Sequence[str],
    size: tuple[int, int],
    *,
    frames: int | None = None,
    frame_at: FrameAt | None = None,
    fields_a_frame: int = 1,
) -> list[Exemplar]:
    """Partial exemplars of the displayed ``(height, width)``, one for each frame that points name: small discs.

    ``fields_a_frame`` is how many pictures are made of each frame, for messages. The order of the points does not
    count; of two on the same pixels the greater color wins.

    Raises ``ExemplarError`` for a point that is none, lies outside the picture, or is on a frame past the end.
    """
    of_frame: dict[int, set[Point]] = defaultdict(set)
    for text in points:
        point = parse_point(text)
        if point.y >= size[0] or point.x >= size[1]:
            raise ExemplarError(f"Point '{text}' lies outside the picture, which is {size[1]}x{size[0]}.")
        if not isinstance(point.position, int) and frame_at is None:
            raise ExemplarError(f"Point '{text}': there is no film here whose frame a time could name.")
        frame = point.position if frame_at is None else frame_at(point.position)
        assert isinstance(frame, int)
        if frames is not None and frame >= frames:
            asked, last = (frame_name(index, fields_a_frame) for index in (frame, frames - fields_a_frame))
            raise ExemplarError(f"Point '{text}' is on frame {asked}, but the film's last frame is {last}.")
        of_frame[frame].add(point)
    return [_discs(frame, of_frame[frame], size) for frame in sorted(of_frame)]


def _discs(frame: int, points: set[Point], size: tuple[int, int]) -> Exemplar:
    radius = max(_LEAST_RADIUS_PX, _RADIUS_SHARE * min(size))
    rgb = torch.full((3, *size), 128, dtype=torch.uint8)
    alpha = torch.zeros(1, *size)
    rows, columns = torch.arange(size[0])[:, None], torch.arange(size[1])
    for point in sorted(points, key=lambda p: (p.rgb, p.y, p.x)):
        disc = (rows - point.y).square() + (columns - point.x).square() <= radius**2
        rgb[:, disc] = torch.tensor(point.rgb, dtype=torch.uint8)[:, None]
        alpha[:, disc] = 1
    places = " and ".join(f"{point.x},{point.y}" for point in sorted(points, key=lambda p: (p.y, p.x)))
    return Exemplar(rgb, frame, alpha, f"point {places}@{frame}")
