"""Stills that a tool has cropped, padded or squeezed, each laid over the frame that it is bound to."""

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
from jaxtyping import UInt8

from kinemacolor.engine.analysis.cuts import Gray
from kinemacolor.engine.analysis.overlay import is_changed_inside, laid_over
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.io import Film
from kinemacolor.planes import Planes

_SEEKABLE = ("matroska", "mov,")
_WORTH_READING_ON_FRAMES = 250


def over_their_frames(film: Film, stills: Sequence[Exemplar], note: Callable[[str], None]) -> list[Exemplar]:
    """The stills; those bound to a frame that are cut or changed in shape are laid over it, and ``note`` is told.

    Those of another size than the frame's are, and those of its own that have bars or were enlarged. A pipe, which
    can be read once only, leaves them as they are; a film that cannot be entered anywhere those of its own size.
    """
    size = film.info.display_size
    bound = [] if film.is_pipe else [still for still in stills if _may_be_changed(still, film)]
    shown = dict(_grays(film, sorted({still.index for still in bound if still.index is not None})))
    laid = {id(still): placed for still in bound if (placed := _laid(still, film, shown.get(still.index or 0)))}
    for still in stills:
        if id(still) in laid:
            rows, columns = still.rgb.shape[-2:]
            note(
                f"{still.name} is {columns}x{rows} and shows frame {still.index} ({size[1]}x{size[0]}) cut or "
                "changed in shape: it is laid over it."
            )
    return [laid.get(id(still), still) for still in stills]


def _may_be_changed(still: Exemplar, film: Film) -> bool:
    own = tuple(still.rgb.shape[-2:])
    if still.index is None:
        return False
    if own not in {film.size, film.info.display_size}:
        return True
    return own == film.info.display_size and _can_be_entered(film)


def _laid(still: Exemplar, film: Film, frame: Gray | None) -> Exemplar | None:
    is_of_its_size = tuple(still.rgb.shape[-2:]) == film.info.display_size
    if frame is None or (is_of_its_size and not is_changed_inside(still, frame)):
        return None
    return laid_over(still, frame)


def _grays(film: Film, wanted: Sequence[int]) -> Iterator[tuple[int, Gray]]:
    """The displayed gray levels of some frames, which rise."""
    if not wanted:
        return
    for span in _spans(film, wanted):
        with film.frames(span) as reader:
            for frame in reader:
                if frame.index in wanted and frame.planes is not None:
                    yield frame.index, _displayed(film, frame.planes)


def _spans(film: Film, wanted: Sequence[int]) -> Iterator[Shot]:
    """Parts to read: one, or where the film can be entered anywhere one for each group of frames near each other."""
    can_enter = _can_be_entered(film)
    start = before = wanted[0]
    for frame in wanted:
        if can_enter and frame - before > _WORTH_READING_ON_FRAMES:
            yield Shot(start, before + 1)
            start = frame
        before = frame
    yield Shot(start, before + 1)


def _can_be_entered(film: Film) -> bool:
    """Whether a frame in the middle can be read without all before it."""
    return film.is_pictures or film.info.container.startswith(_SEEKABLE)


def _displayed(film: Film, planes: Planes) -> Gray:
    return displayed(film, (planes.y >> (planes.bits - 8)).astype(np.uint8))


def displayed(film: Film, levels: Gray) -> UInt8[np.ndarray, "shown_h shown_w"]:
    """A stored plane of 8 bits as it is displayed: in square pixels, upright."""
    height, width = film.info.display_size
    turned = film.info.rotation_degrees % 180 != 0
    size = (height, width) if turned else (width, height)
    upright = np.rot90(cv2.resize(levels, size), -film.info.rotation_degrees // 90)
    return np.ascontiguousarray(upright)
