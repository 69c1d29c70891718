"""Matches as lines between two pictures."""

import colorsys

from jaxtyping import UInt8
from PIL import Image, ImageDraw
from torch import Tensor

from kinemacolor.explain.insight import Correspondence
from kinemacolor.frames import RGB
from kinemacolor.io.sheets import GAP_PX, LABEL_PX, sheet

_LINES = 32
_STEP_Y, _STEP_X = 0.5698402909980532, 0.7548776662466927


def match_lines(
    frame: UInt8[Tensor, "3 h w"], exemplar: UInt8[Tensor, "3 h1 w1"], found: Correspondence
) -> Image.Image:
    """The exemplar beside the frame, and lines from places spread over the frame to where each finds its like.

    The more alike, the thicker: the least third of the places drawn gets one pixel, the best third three.
    """
    made = sheet([[("frame", frame), ("exemplar", exemplar)]])
    draw = ImageDraw.Draw(made)
    offset = frame.shape[-1] + GAP_PX
    height, width = found.place.shape
    rows, columns = found.exemplar_grid
    # Roberts' sequence R2: evenly spread, and no two in one row or column, where lines would cover each other
    places = [(int((i * _STEP_Y) % 1 * height), int((i * _STEP_X) % 1 * width)) for i in range(1, _LINES + 1)]
    likeness = sorted(float(found.likeness[place]) for place in places)
    for y, x in places:
        there_y, there_x = divmod(int(found.place[y, x]), columns)
        start = _center(x, y, (height, width), frame)
        end = _center(there_x, there_y, (rows, columns), exemplar)
        red, green, blue = (round(255 * c) for c in colorsys.hsv_to_rgb(x / width, 0.9, 1.0))
        rank = sum(each < float(found.likeness[y, x]) for each in likeness)
        line = (start, (end[0] + offset, end[1]))
        draw.line(line, fill=(red, green, blue), width=1 + 3 * rank // len(places))
        for cx, cy in line:
            draw.ellipse((cx - 3, cy - 3, cx + 3, cy + 3), outline=(red, green, blue), width=2)
    return made


def _center(x: int, y: int, grid: tuple[int, int], picture: RGB) -> tuple[float, float]:
    """The middle of a place in pixels of the sheet."""
    rows, columns = grid
    return (x + 0.5) * picture.shape[-1] / columns, (y + 0.5) * picture.shape[-2] / rows + LABEL_PX
