"""What frames show of their film as they come by: colors that are there already, fields that come again."""

from collections.abc import Sequence

from kinemacolor.errors import InputError
from kinemacolor.frames import Frame, Shot
from kinemacolor.io import Film
from kinemacolor.io.glimpses import glimpses
from kinemacolor.io.info import FilmInfo, hard_line
from kinemacolor.io.pixels import has_visible_color
from kinemacolor.io.telecine import FieldWatch, is_video_rate

_STRETCHES_NAMED = 4
_ONE_STRETCH_FRAMES = 12
_ENOUGH = 8


class Sightings:
    """Looks at the frames of a film in order; ``lines`` says what there is to say of them."""

    def __init__(self, info: FilmInfo) -> None:
        self._info = info
        self._frames = self._colored = 0
        self._stretches: list[tuple[int, int]] = []
        is_asked = is_video_rate(info.frame_rate) and not info.telecine
        self._fields = FieldWatch() if is_asked else None

    def add(self, frame: Frame) -> None:
        """Looks at the next frame."""
        planes = frame.planes
        self._frames += 1
        if planes is None:
            return
        if has_visible_color(planes):
            self._colored += 1
            self._extend(frame.index)
        if self._fields is not None:
            self._fields.add(planes.y, planes.bits)

    def _extend(self, index: int) -> None:
        """Adds a frame to the stretches of those in color; single ones between them that are gray break none."""
        if self._stretches and index - self._stretches[-1][1] <= _ONE_STRETCH_FRAMES:
            self._stretches[-1] = (self._stretches[-1][0], index)
        else:
            self._stretches.append((index, index))

    def lines(self) -> tuple[str, ...]:
        """A line on each finding."""
        found = []
        if self._colored:
            is_all = self._colored == self._frames
            where = "" if is_all else f" in {self._colored} of {self._frames} frames: {_named(self._stretches)}"
            found.append(color_line(self._info.path, where))
        if self._fields is not None and self._fields.is_hard:
            found.append(hard_line(self._info))
        return tuple(found)


def glimpsed(film: Film, span: Shot) -> tuple[str, ...]:
    """The line on colors that some frames from all over a film have, for a film that is not looked through first."""
    seen = 0
    colored = []
    try:
        for frame in glimpses(film, span):
            seen += 1
            if frame.planes is not None and has_visible_color(frame.planes):
                colored.append(frame.index)
    except InputError:
        return ()  # who reads the film says what is wrong with it
    if not colored:
        return ()
    near = ", ".join(map(str, colored[:_STRETCHES_NAMED]))
    return (
        color_line(film.source, "" if len(colored) == seen >= _ENOUGH else f" here and there (near frames {near})"),
    )


def color_line(path: str, where: str) -> str:
    """The line on a film that has colors of its own ``where``."""
    return f"{path} is in color or tinted already{where}. Only its luma is used: all frames get new colors."


def _named(stretches: Sequence[tuple[int, int]]) -> str:
    shown = [f"{a}" if a == b else f"{a} to {b}" for a, b in stretches[:_STRETCHES_NAMED]]
    more = len(stretches) - len(shown)
    return ", ".join(shown) + (f" and {more} more stretches" if more else "")
