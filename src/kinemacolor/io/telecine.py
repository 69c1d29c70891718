"""Film of 24 frames a second in video of 30 (3:2 pulldown, telecine): told by times, or by fields that come again.

Soft telecine stores the film's frames and marks that players spread them over the fields of video, so their times
step by three fields and two in turn. Hard telecine stores the spread fields: in five frames one upper and one lower
field are those of the frame before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import islice, pairwise

import numpy as np
from av.video.frame import VideoFrame

from kinemacolor.io.info import HARD, FilmInfo, hard_line
from kinemacolor.io.pixels import planes_of
from kinemacolor.io.timeline import Timeline
from kinemacolor.planes import Plane

_FILM_RATES = Fraction(24000, 1001), Fraction(24)
_VIDEO_RATES = Fraction(299, 10), Fraction(301, 10)
_THREE_TO_TWO, _NEARLY = 1.5, 0.06
_MOST, _FEWEST_STEPS = 0.7, 8
_COLUMNS_PX = 160
_CADENCE_FRAMES, _FEWEST_TIMES = 5, 3
_MOVES_LEVELS, _STILL_SHARE = 0.8, 0.35
_EDGE = 16
_LOOKED_AT_FRAMES = 90
_MOST_ROWS_OF_TAPES = 486
_OF_TAPES = frozenset({"mpeg2video", "dvvideo", "rawvideo", "v210", "huffyuv", "ffv1", "prores"})


def is_video_rate(rate: Fraction | None) -> bool:
    """Whether a rate is that of 30 frames a second, or of 29.97."""
    return rate is not None and _VIDEO_RATES[0] <= rate <= _VIDEO_RATES[1]


def is_soft(timeline: Timeline) -> bool:
    """Whether most frames of a film are shown three fields long and two in turn."""
    steps = [b - a for a, b in pairwise(timeline.times)]
    if len(steps) < _FEWEST_STEPS:
        return False
    turns = sum(
        min(a, b) > 0 and abs(max(a, b) / min(a, b) / _THREE_TO_TWO - 1) < _NEARLY for a, b in pairwise(steps)
    )
    return turns >= _MOST * (len(steps) - 1)


def film_rate(video_rate: Fraction | None) -> Fraction:
    """The rate of the film in a video of this rate."""
    ntsc, whole = _FILM_RATES
    return whole if video_rate in (Fraction(30), whole) else ntsc


class FieldWatch:
    """Looks at frames as they come by for fields that come again as hard telecine repeats them."""

    def __init__(self) -> None:
        self._before: np.ndarray | None = None
        self._frames = 0
        self._seen: dict[int, list[int]] = {0: [], 1: []}

    def add(self, luma: Plane, bits: int = 8) -> None:
        """Takes the next frame's luma."""
        step = max(1, luma.shape[1] // _COLUMNS_PX)
        rows = luma[_EDGE : luma.shape[0] // 2 * 2 - _EDGE or None, ::step].astype(np.float32) / 2 ** (bits - 8)
        if self._before is not None and self._before.shape == rows.shape and rows.shape[0] > 2:
            moved = np.abs(rows - self._before)
            changes = float(moved[0::2].mean()), float(moved[1::2].mean())
            for field in (0, 1):
                if changes[1 - field] > _MOVES_LEVELS and changes[field] < _STILL_SHARE * changes[1 - field]:
                    self._seen[field].append(self._frames)
        self._before = rows
        self._frames += 1

    @property
    def is_hard(self) -> bool:
        """Whether upper and lower fields come again once in five frames each."""
        return all(_is_cadence(places) for places in self._seen.values())


def may_be_hard(info: FilmInfo) -> bool:
    """Whether it is worth to look at the fields of some frames: video of 30 a second from tapes and discs."""
    is_of_tapes = info.interlaced or info.codec in _OF_TAPES or info.height <= _MOST_ROWS_OF_TAPES
    return is_video_rate(info.frame_rate) and is_of_tapes and not info.telecine


def looks_hard(frames: Iterable[VideoFrame], info: FilmInfo) -> bool:
    """Whether the fields of the first frames that move come again as hard telecine repeats them."""
    watch = FieldWatch()
    for frame in islice(frames, _LOOKED_AT_FRAMES):
        if (frame.height, frame.width) != (info.height, info.width):
            break
        watch.add(planes_of(frame, full_range=info.full_range, matrix=info.matrix).y, info.bits)
        if watch.is_hard:
            return True
    return False


def found_hard(info: FilmInfo) -> FilmInfo:
    """The description with what was found of its fields."""
    return replace(info, telecine=HARD, warnings=(*info.warnings, hard_line(info)))


def _is_cadence(places: Sequence[int]) -> bool:
    steps = [b - a for a, b in pairwise(places)]
    in_time = sum(step % _CADENCE_FRAMES == 0 for step in steps)
    return len(places) >= _FEWEST_TIMES and in_time >= _MOST * len(steps)
