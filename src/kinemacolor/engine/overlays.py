"""Stills that a tool has cropped, padded or squeezed, each laid over the frame that it is bound to."""

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np

from kinemacolor.engine.analysis.cuts import Gray
from kinemacolor.engine.analysis.overlay import laid_over
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.io import Film
from kinemacolor.planes import Planes

_SEEKABLE = ("matroska", "mov,")
_WORTH_READING_ON_FRAMES = 250


def over_their_frames(film: Film, stills: Sequence[Exemplar], note: Callable[[str], None]) -> list[Exemplar]:
    """The stills; those bound to a frame and of another size than it are laid over it, and ``note`` is told.

    A pipe, which can be read once only, leaves them as they are.
    """
    height, width = film.info.display_size
    own_sizes = {film.size, (height, width)}
    wanted = {
        still.index for still in stills if still.index is not None and tuple(still.rgb.shape[-2:]) not in own_sizes
    }
    if film.is_pipe or not wanted:
        return list(stills)
    shown = dict(_grays(film, sorted(wanted)))
    placed = []
    for still in stills:
        laid = laid_over(still, shown[still.index]) if still.index in shown and still.index in wanted else None
        if laid is None or tuple(still.rgb.shape[-2:]) in own_sizes:
            placed.append(still)
            continue
        rows, columns = still.rgb.shape[-2:]
        note(
            f"{still.name} is {columns}x{rows} and shows frame {still.index} ({width}x{height}) cut or changed in "
            "shape: it is laid over it."
        )
        placed.append(laid)
    return placed


def _grays(film: Film, wanted: Sequence[int]) -> Iterator[tuple[int, Gray]]:
    """The displayed gray levels of some frames, which rise."""
    for span in _spans(film, wanted):
        with film.frames(span) as reader:
            for frame in reader:
                if frame.index in wanted and frame.planes is not None:
                    yield frame.index, _displayed(film, frame.planes)


def _spans(film: Film, wanted: Sequence[int]) -> Iterator[Shot]:
    """Parts to read: one, or where the film can be entered anywhere one for each group of frames near each other."""
    can_enter = film.is_pictures or film.info.container.startswith(_SEEKABLE)
    start = before = wanted[0]
    for frame in wanted:
        if can_enter and frame - before > _WORTH_READING_ON_FRAMES:
            yield Shot(start, before + 1)
            start = frame
        before = frame
    yield Shot(start, before + 1)


def _displayed(film: Film, planes: Planes) -> Gray:
    levels = (planes.y >> (planes.bits - 8)).astype(np.uint8)
    height, width = film.info.display_size
    turned = film.info.rotation_degrees % 180 != 0
    size = (height, width) if turned else (width, height)
    upright: Gray = np.rot90(cv2.resize(levels, size), -film.info.rotation_degrees // 90)
    return np.ascontiguousarray(upright)
