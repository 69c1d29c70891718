"""A still of a frame that a tool has cropped, padded, squeezed or enlarged, laid over that frame again.

Where it lies is found by luma alone. A few ways that tools change a size are tried first (cut at the same scale, bars
above and below or beside, squeezed into another aspect), then other scales; the middle of the frame is looked for in
the still by normalized correlation, small and then at full size.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch

from kinemacolor.engine.analysis.cuts import Gray
from kinemacolor.frames import Exemplar

LIKE = 0.9
"""The least correlation of lumas at which a still is taken to show its frame."""

_MIDDLE = 0.5
_COARSE_PX, _FINE_PX = 160, 1280
_COARSE_IS_WITHIN_PX = 3
_LIGHT_PX = 3 * _COARSE_PX
_SAME_ASPECT = 0.02
_EXACT_IS_BETTER = 0.004
_WHOLE_IS_ENOUGH = 0.004
_SEEN_WHOLE = 0.985
"""A still of the frame's own size that is as like it as this simply is the frame."""

_INSIDE_IS_BETTER = 0.02
"""How much liker a still of the frame's own size must be when moved: painters change luma a little."""

_BAR_SPREAD, _BAR_STEP, _WIDEST_BAR = 2.5, 4.0, 0.45
_STRETCHED = np.linspace(0.6, 0.98, 20)
"""Shares of a side that may have been left after a cut, before the rest was stretched to the whole."""

_SCALES = np.geomspace(0.5, 2.0, 41)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Where a still lies: it is brought to ``size_px`` (height, width), its top left to ``top`` and ``left``.

    In pixels of the frame; ``likeness`` is the correlation of lumas over what both show (-1..1).
    """

    size_px: tuple[int, int]
    top: int
    left: int
    likeness: float


def overlay_of(still: np.ndarray, frame: Gray, *, gain: float = _WHOLE_IS_ENOUGH) -> Overlay | None:
    """Where a still lies over the frame that it shows; None where it is not like it, or simply is the whole frame.

    ``gain`` is how much liker it must be there than over the whole frame, where it has the frame's shape.
    """
    fine = min(1.0, _FINE_PX / max(frame.shape))
    if fine < 1:
        found = overlay_of(
            _sized(still, _scaled(still.shape, fine)), _sized(frame, _scaled(frame.shape, fine)), gain=gain
        )
        if found is None:
            return None
        size = _scaled(found.size_px, 1 / fine)
        return Overlay(size, round(found.top / fine), round(found.left / fine), found.likeness)
    coarse = min(1.0, _COARSE_PX / max(frame.shape))
    small = _sized(frame, _scaled(frame.shape, coarse))
    light = _sized(still, _scaled(still.shape, min(1.0, _LIGHT_PX / max(still.shape))))
    sizes = {
        size: _search(_sized(light, _scaled(size, coarse)), small)[0] + better
        for size, better in (*_sizes(still.shape, frame.shape), *_without_bars(still, frame.shape))
    }
    best = max(sizes, key=lambda size: sizes[size])
    found = max((_placed(still, frame, size, small) for size in _near(best)), key=lambda each: each.likeness)
    return None if found.likeness < LIKE or _is_whole(still, frame, found, gain) else found


def _is_whole(still: np.ndarray, frame: Gray, found: Overlay, gain: float) -> bool:
    """Whether the still is of the frame's shape, and as like it without being moved."""
    aspect = still.shape[1] / still.shape[0] * frame.shape[0] / frame.shape[1]
    whole = _likeness(_sized(still, frame.shape), frame, 0, 0)
    return abs(aspect - 1) <= _SAME_ASPECT and found.likeness - whole < gain


def _sizes(still: tuple[int, int], frame: tuple[int, int]) -> Iterator[tuple[tuple[int, int], float]]:
    """Sizes in the frame's pixels that the still may have, and how much more those are believed that tools make."""
    rows, columns = still
    for scale in _SCALES:
        yield (max(1, round(rows * frame[1] / columns * scale)), max(1, round(frame[1] * scale))), 0.0
    yield still, _EXACT_IS_BETTER
    yield (max(1, round(rows * frame[1] / columns)), frame[1]), _EXACT_IS_BETTER
    yield (frame[0], max(1, round(columns * frame[0] / rows))), _EXACT_IS_BETTER
    yield frame, _EXACT_IS_BETTER
    if still == frame:
        for share in _STRETCHED:
            yield (max(1, round(rows * share)), columns), 0.0
            yield (rows, max(1, round(columns * share))), 0.0


def _without_bars(still: np.ndarray, frame: tuple[int, int]) -> Iterator[tuple[tuple[int, int], float]]:
    """The size at which what lies between a still's bars is as large as the frame; none for a still without bars."""
    top, bottom = _bars(still)
    left, right = _bars(still.T)
    if top + bottom + left + right:
        rows, columns = still.shape[0] - top - bottom, still.shape[1] - left - right
        size = round(still.shape[0] * frame[0] / rows), round(still.shape[1] * frame[1] / columns)
        yield size, _EXACT_IS_BETTER


def _bars(levels: np.ndarray) -> tuple[int, int]:
    """How many plain rows of one level there are above the picture, and below it."""
    plain = levels.std(1) < _BAR_SPREAD
    means = levels.mean(1)
    found = []
    for rows, values in ((plain, means), (plain[::-1], means[::-1])):
        same = rows & (np.abs(values - values[0]) < _BAR_STEP)
        count = int(np.argmin(same)) if not same.all() else len(same)
        found.append(count if count <= _WIDEST_BAR * len(same) else 0)
    return found[0], found[1]


def is_changed_inside(still: Exemplar, frame: Gray) -> bool:
    """Whether a still of the frame's own size does not show it as it is: cut and enlarged, or with bars."""
    if still.alpha is not None:
        return False
    scale = min(1.0, _COARSE_PX / max(frame.shape))
    size = _scaled(frame.shape, scale)
    return _likeness(_sized(_levels_of(still), size), _sized(frame, size), 0, 0) < _SEEN_WHOLE


def _levels_of(still: Exemplar) -> np.ndarray:
    return cv2.cvtColor(np.ascontiguousarray(still.rgb.permute(1, 2, 0).numpy()), cv2.COLOR_RGB2GRAY)


def _near(size: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """The size, and those a little larger and smaller of the same shape."""
    yield size
    for scale in (0.98, 0.985, 0.99, 0.995, 1.005, 1.01, 1.015, 1.02):
        yield round(size[0] * scale), round(size[1] * scale)


def _search(inside: np.ndarray, frame: Gray, about: tuple[int, int, int] | None = None) -> tuple[float, int, int]:
    """How like a still is to the middle of the frame, and at which row and column of the frame it then begins.

    With ``about``, a row and a column, only up to so many pixels (the third number) away from there.
    """
    rows, columns = (max(4, round(side * _MIDDLE)) for side in frame.shape)
    top, left = (frame.shape[0] - rows) // 2, (frame.shape[1] - columns) // 2
    middle = frame[top : top + rows, left : left + columns]
    first_row = first_column = 0
    if about is not None:
        first_row, last_row = (max(0, top - about[0] + away) for away in (-about[2], about[2] + rows))
        first_column, last_column = (max(0, left - about[1] + away) for away in (-about[2], about[2] + columns))
        inside = inside[first_row:last_row, first_column:last_column]
    if inside.shape[0] < rows or inside.shape[1] < columns or middle.std() < 1:
        return -1.0, 0, 0
    scores = cv2.matchTemplate(inside, middle, cv2.TM_CCOEFF_NORMED)
    _, score, _, (column, row) = cv2.minMaxLoc(scores)
    return float(score), top - first_row - row, left - first_column - column


def _placed(still: np.ndarray, frame: Gray, size: tuple[int, int], small: np.ndarray) -> Overlay:
    """The still of this size over the frame, to the pixel, about where it lies over the ``small`` frame."""
    coarse = max(small.shape) / max(frame.shape)
    inside = _sized(still, size)
    score, top, left = _search(_sized(inside, _scaled(size, coarse)), small)
    about = round(top / coarse), round(left / coarse), math.ceil(_COARSE_IS_WITHIN_PX / coarse)
    _, top, left = _search(inside, frame, about if score > 0 else None)
    return Overlay(size, top, left, _likeness(inside, frame, top, left))


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _sized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if picture.shape[:2] == tuple(size):
        return picture
    smaller = size[0] * size[1] < picture.shape[0] * picture.shape[1]
    sized: np.ndarray = cv2.resize(
        picture, (size[1], size[0]), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    )
    return sized


def _shared(still: tuple[int, int], frame: tuple[int, int], top: int, left: int) -> tuple[slice, slice]:
    """Rows and columns of the frame that the still covers."""
    return (
        slice(max(0, top), max(0, min(frame[0], top + still[0]))),
        slice(max(0, left), max(0, min(frame[1], left + still[1]))),
    )


def _likeness(still: np.ndarray, frame: Gray, top: int, left: int) -> float:
    """The correlation of lumas over what both show."""
    rows, columns = _shared(still.shape, frame.shape, top, left)
    a = frame[rows, columns].astype(np.float64)
    b = still[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left].astype(np.float64)
    if a.size < 64 or a.std() < 1 or b.std() < 1:
        return -1.0
    return float(((a - a.mean()) * (b - b.mean())).mean() / (a.std() * b.std()))


def laid_over(still: Exemplar, frame: Gray) -> Exemplar | None:
    """The still as a picture of the frame's size, transparent where it shows none of it; None if not needed.

    ``frame`` are the gray levels (0..255) of the displayed frame that the still is bound to.
    """
    rgb = np.ascontiguousarray(still.rgb.permute(1, 2, 0).numpy())
    is_of_its_size = rgb.shape[:2] == frame.shape
    found = overlay_of(_levels_of(still), frame, gain=_INSIDE_IS_BETTER if is_of_its_size else _WHOLE_IS_ENOUGH)
    if found is None:
        return None
    rows, columns = _shared(found.size_px, frame.shape, found.top, found.left)
    inner = (
        slice(rows.start - found.top, rows.stop - found.top),
        slice(columns.start - found.left, columns.stop - found.left),
    )
    picture = np.full((*frame.shape, 3), 128, np.uint8)
    picture[rows, columns] = _sized(rgb, found.size_px)[inner]
    alpha = np.zeros(frame.shape, np.float32)
    own = np.ones(rgb.shape[:2], np.float32) if still.alpha is None else still.alpha[0].numpy()
    alpha[rows, columns] = _sized(own, found.size_px)[inner]
    is_whole = bool((alpha == 1).all())
    return replace(
        still,
        rgb=torch.from_numpy(picture).permute(2, 0, 1).contiguous(),
        alpha=None if is_whole else torch.from_numpy(alpha)[None],
    )
