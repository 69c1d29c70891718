"""Where a film cuts, found on its luma as frames come by, with a look-ahead of a few frames.

PySceneDetect proposes places whose change stands out from that of their neighbors. A place is no cut where the
picture before it returns soon after (a flash, a torn frame, a lost one). Darkness or plain white between two pictures
is one cut if they differ, at the first frame that shows the second, and none if they are the same.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import UInt8
from scenedetect import FrameTimecode
from scenedetect.detectors import AdaptiveDetector

from kinemacolor.frames import Frame, Shot

Gray = UInt8[np.ndarray, "h w"]
"""Levels 0..255 of a frame at a small size."""

GRAY_WIDTH_PX = 256
_HALVED_FROM = 4
_SKETCH_SIZE_PX, _SKETCH_BLUR_PX, _EDGE = (32, 24), 4.0, 0.1
_RETURN_FRAMES = 6
_SAME_PICTURE = 0.4
_PLAIN_LEVELS = 4.0
_SHORTEST_FRAMES = 6
_STANDS_OUT, _LEAST_CHANGE_LEVELS = 1.9, 8.0
_ANY_RATE = 24.0


def gray_of(frame: Frame) -> Gray:
    """The frame's luma plane as 8-bit levels, 256 pixels wide."""
    assert frame.planes is not None
    planes = frame.planes
    width = min(GRAY_WIDTH_PX, planes.size[1])
    height = max(1, round(planes.size[0] * width / planes.size[1]))
    levels: np.ndarray = planes.y
    while levels.shape[1] >= _HALVED_FROM * width:  # exactly by half, which is four times as fast as by any share
        levels = cv2.resize(levels, (levels.shape[1] // 2, levels.shape[0] // 2), interpolation=cv2.INTER_AREA)
    small = np.asarray(cv2.resize(levels, (width, height), interpolation=cv2.INTER_AREA))
    return small if planes.bits <= 8 else np.right_shift(small, planes.bits - 8).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _Sketch:
    """A picture's structure as a unit vector, without its brightness and contrast; None where it is plain."""

    values: np.ndarray | None

    @classmethod
    def of(cls, gray: Gray) -> "_Sketch":
        # the edge of the film's gate is the same in all shots, too
        rows, columns = (round(side * _EDGE) for side in gray.shape)
        inner = gray[rows : gray.shape[0] - rows, columns : gray.shape[1] - columns]
        small = cv2.resize(inner, _SKETCH_SIZE_PX, interpolation=cv2.INTER_AREA).astype(np.float32)
        if small.std() < _PLAIN_LEVELS:
            return cls(None)
        # slow changes over the picture go: a vignette is the same in all shots
        fine = small - cv2.GaussianBlur(small, (0, 0), _SKETCH_BLUR_PX)
        return cls((fine / max(float(np.linalg.norm(fine)), 1e-6)).ravel())

    def likeness(self, other: "_Sketch") -> float:
        return -1.0 if self.values is None or other.values is None else float(self.values @ other.values)


@dataclass(slots=True)
class _Candidate:
    """A frame that may begin a shot, and the pictures before it."""

    place: int
    before: list[_Sketch]
    ready_at: int


class CutFinder:
    """Takes a film's frames in order and says which of them begin a shot. Memory does not grow with the film.

    ``cuts`` holds the numbers found so far, counted from the first frame taken; the last few frames are open.
    """

    def __init__(self) -> None:
        self.cuts: list[int] = []
        # both below PySceneDetect's own (3 and 15): the pictures on both sides have the last word here
        self._detector = AdaptiveDetector(
            adaptive_threshold=_STANDS_OUT, min_content_val=_LEAST_CHANGE_LEVELS, luma_only=True, min_scene_len=1
        )
        self._frames = 0
        self._recent: deque[_Sketch] = deque(maxlen=4 * _RETURN_FRAMES)
        self._candidates: list[_Candidate] = []
        self._last_seen: list[_Sketch] = []
        self._is_plain = True

    @property
    def settled(self) -> int:
        """Frames before this number are decided."""
        waiting = [candidate.place for candidate in self._candidates]
        return min([self._frames - self._detector.window_width, *waiting])

    def add(self, gray: Gray) -> None:
        """Takes the next frame."""
        sketch = _Sketch.of(gray)
        place = self._frames
        self._recent.append(sketch)
        self._frames += 1
        self._note_plain(sketch, place)
        picture = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
        for found in self._detector.process_frame(FrameTimecode(place, _ANY_RATE), picture):
            self._propose(found.frame_num)
        self._decide(final=False)

    def finish(self) -> list[int]:
        """All cuts, after the last frame."""
        self._decide(final=True)
        return self.cuts

    def _note_plain(self, sketch: _Sketch, place: int) -> None:
        """Follows runs of plain frames; the end of one is a candidate."""
        plain = sketch.values is None
        if plain and not self._is_plain:
            self._last_seen = [each for each in self._before(place) if each.values is not None]
        if not plain and self._is_plain and self._last_seen:
            self._candidates.append(_Candidate(place, self._last_seen, place + _RETURN_FRAMES))
        self._is_plain = plain

    def _propose(self, place: int) -> None:
        # the edges of plain runs are judged by the pictures on both sides of them
        touching = self._sketches(place - 1, place + 1)
        if any(sketch.values is None for sketch in touching):
            return
        self._candidates.append(_Candidate(place, self._before(place), place + _RETURN_FRAMES))

    def _sketches(self, start: int, stop: int) -> list[_Sketch]:
        """Those of frames ``start`` to ``stop - 1`` that are still held."""
        first = self._frames - len(self._recent)
        return [self._recent[i - first] for i in range(max(start, first), min(stop, self._frames))]

    def _before(self, place: int) -> list[_Sketch]:
        return self._sketches(place - _RETURN_FRAMES, place)

    def _decide(self, *, final: bool) -> None:
        ready = [c for c in self._candidates if final or c.ready_at <= self._frames]
        self._candidates = [c for c in self._candidates if c not in ready]
        for candidate in sorted(ready, key=lambda c: c.place):
            after = self._sketches(candidate.place, candidate.place + _RETURN_FRAMES)
            returns = any(a.likeness(b) > _SAME_PICTURE for a in after for b in candidate.before)
            last = self.cuts[-1] if self.cuts else 0
            if not returns and candidate.place - last >= _SHORTEST_FRAMES:
                self.cuts.append(candidate.place)


def shots_between(cuts: Sequence[int], start: int, stop: int) -> list[Shot]:
    """The shots that ``cuts`` make of frames ``start`` to ``stop - 1``."""
    edges = [start, *(cut for cut in sorted(set(cuts)) if start < cut < stop), stop]
    return [Shot(a, b) for a, b in pairwise(edges)]
