"""Which frame a still shows: the correlation of small lumas over all frames, without regard to brightness."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from kinemacolor.engine.analysis.cuts import Gray
from kinemacolor.frames import Exemplar
from kinemacolor.io.info import frame_name

_SIZE_PX = (64, 48)
_PLAIN_LEVELS = 4.0
_SEEN_LEAST = 0.05

SURE = 0.9
"""A still as like to a frame as this shows it, or one near it in time."""

_CLEARLY = 0.1
_NEARLY_ONE, _TIMES_NEARER = 0.99, 3.0
_UNLIKE = 0.4
_ITS_VERY_FRAME = 0.97
_FAR_FRAMES, _AMONG_EQUALS = 1000, 0.002


@dataclass(frozen=True, slots=True)
class StillPlace:
    """Where a still belongs: the frame most like it, and how like that (-1..1). ``own`` is that of its own frame.

    ``own`` is None where the still is bound to none, or to one that was not seen.
    """

    frame: int
    likeness: float
    own: float | None

    @property
    def is_elsewhere(self) -> bool:
        """Whether the still is bound to a frame that it does not show, and shows another."""
        if self.own is None or self.likeness < SURE:
            return False
        off_by_little = self.likeness > _NEARLY_ONE and 1 - self.own > _TIMES_NEARER * (1 - self.likeness)
        return self.likeness - self.own > _CLEARLY or off_by_little

    @property
    def is_strange(self) -> bool:
        """Whether the still is bound to a frame that it does not show, and shows none."""
        return self.own is not None and self.own < _UNLIKE and not self.is_elsewhere


class StillFinder:
    """Compares frames, as they come by, with stills. A still that is plain or almost wholly hidden has no place."""

    def __init__(self, stills: Sequence[Exemplar]) -> None:
        self._bound = [still.index for still in stills]
        pairs = [_pattern(still) for still in stills]
        self._patterns = np.stack([pattern for pattern, _ in pairs]) if pairs else np.zeros((0, 0), np.float32)
        self._shown = np.stack([shown for _, shown in pairs]) if pairs else np.zeros((0, 0), np.float32)
        self._best, self._preferred = np.full(len(stills), -2.0), np.full(len(stills), -2.0)
        self._frames = np.zeros(len(stills), int)
        self._own: list[float | None] = [None] * len(stills)

    def add(self, place: int, gray: Gray) -> None:
        """Compares the next frame."""
        if not len(self._bound):
            return
        levels = cv2.resize(gray, _SIZE_PX, interpolation=cv2.INTER_AREA).astype(np.float32).ravel()
        weight = self._shown.sum(1)
        spread = self._shown @ levels**2 - (self._shown @ levels) ** 2 / weight
        likeness = (self._patterns @ levels) / np.sqrt(np.maximum(spread, weight))
        preferred = likeness - self._far_from_own(place)
        better = preferred > self._preferred
        self._preferred[better], self._best[better], self._frames[better] = preferred[better], likeness[better], place
        for i, bound in enumerate(self._bound):
            if bound == place:
                self._own[i] = float(likeness[i])

    def _far_from_own(self, place: int) -> np.ndarray:
        """How much less a frame far from a still's own is liked: among equals the near one is meant."""
        far = [0.0 if bound is None else min(1.0, abs(place - bound) / _FAR_FRAMES) for bound in self._bound]
        return _AMONG_EQUALS * np.asarray(far)

    def places(self) -> tuple[StillPlace | None, ...]:
        """The places found, in the order of the stills."""
        return tuple(
            StillPlace(int(frame), float(best), own) if best > -2 and pattern.any() else None
            for frame, best, own, pattern in zip(self._frames, self._best, self._own, self._patterns)
        )


def _pattern(still: Exemplar) -> tuple[np.ndarray, np.ndarray]:
    """The still's levels as a vector of length 1 and sum 0 over what it shows, and what it shows (0 or 1)."""
    picture = np.ascontiguousarray(still.rgb.permute(1, 2, 0).numpy())
    levels = cv2.resize(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), _SIZE_PX, interpolation=cv2.INTER_AREA)
    shown = np.ones(levels.size, np.float32)
    if still.alpha is not None:
        alpha = cv2.resize(still.alpha[0].numpy(), _SIZE_PX, interpolation=cv2.INTER_AREA)
        shown = (alpha.ravel() > 0.9).astype(np.float32)
    values = levels.ravel().astype(np.float32)
    if shown.mean() < _SEEN_LEAST or values[shown > 0].std() < _PLAIN_LEVELS:
        return np.zeros_like(values), np.ones_like(shown)
    centered = (values - values[shown > 0].mean()) * shown
    return centered / np.linalg.norm(centered), shown


def advice(stills: Sequence[Exemplar], places: Sequence[StillPlace | None], fields_a_frame: int = 1) -> list[str]:
    """A line for each still that is bound to a frame it does not show, or to none though it shows one.

    One line for all where they count from 1. ``fields_a_frame`` is how many pictures are made of each frame.
    """

    def name(index: int | None) -> str:
        return frame_name(index or 0, fields_a_frame)

    wrong = [(s, p) for s, p in zip(stills, places) if p is not None and p.is_elsewhere and s.index is not None]
    shifts = {p.frame - (s.index or 0) for s, p in wrong}
    if len(wrong) > 1 and shifts == {-fields_a_frame}:
        return [
            f"{len(wrong)} stills look like the frame before the one they are bound to ({wrong[0][0].name}, ...). "
            "Frames count from 0: number them one less."
        ]
    lines = [
        f"{s.name} is bound to no frame, but looks like frame {name(p.frame)} (likeness {p.likeness:.2f}). "
        f"Bind it with @{p.frame // fields_a_frame}, or say @none."
        for s, p in zip(stills, places)
        if p is not None and s.index is None and not s.no_frame and p.likeness >= _ITS_VERY_FRAME
    ]
    lines += [
        f"{s.name} is bound to frame {name(s.index)} (likeness {p.own:.2f}), but looks like frame {name(p.frame)} "
        f"({p.likeness:.2f}). Bind it with @{p.frame // fields_a_frame} if that is where it belongs."
        for s, p in wrong
    ]
    return lines + [
        f"{s.name} is bound to frame {name(s.index)}, but does not look like it (likeness {p.own:.2f}) nor like any "
        f"other; the nearest is frame {name(p.frame)} ({p.likeness:.2f}). If it is no frame of the film, bind it "
        "with @none."
        for s, p in zip(stills, places)
        if p is not None and p.is_strange
    ]
