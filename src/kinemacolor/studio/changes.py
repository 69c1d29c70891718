"""Changes that a person makes to a film: stills, painted frames, corrections. Each is followed by a new plan."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from kinemacolor.errors import ExemplarError, KinemacolorError, SettingError
from kinemacolor.io.exemplars import parse as parse_still
from kinemacolor.studio.film import StudioFilm
from kinemacolor.studio.plans import Plans
from kinemacolor.studio.shelf import Shelf
from kinemacolor.studio.strokes import Stroke
from kinemacolor.studio.views import PICTURE_SECONDS

_COVERS_SHARE = 0.025
"""Of the shorter side: this near to a stroke what was drawn before is gone."""


class Changes:
    """Makes changes to the films on a shelf."""

    def __init__(self, shelf: Shelf, plans: Plans) -> None:
        self._shelf, self._look, self._plans = shelf, shelf.look, plans

    def edit(self, name: str, change: Callable[[StudioFilm], None], *, stills: bool = False) -> None:
        """Makes an edit, and a new plan for it. ``stills``: it changes which frames are worth painting next."""
        film = self._shelf.film(name)
        with film.lock:
            change(film)
        if stills:
            self._plans.suggest(name)
        self._plans.renew(film)
        self._shelf.events.tell("film", film=name)

    def add_still(self, name: str, data: bytes, file_name: str, shown: int | None, frame: int | None = None) -> None:
        """Takes a color still in, for ``frame``, or the frame that its name says, or the shown one if it is that.

        Raises ``ExemplarError`` (or one of its classes) for a picture that cannot serve.
        """
        film, limit = self._shelf.film(name), self._shelf.limits.still_bytes
        if len(data) > limit:
            raise ExemplarError(f"The still has {len(data) / 2**20:.0f} MiB; {limit >> 20} are the limit.")
        with film.lock:
            path = film.edits.place_for_still(file_name)
            path.write_bytes(data)
        try:
            position = parse_still(path)[1] if frame is None else frame
            named = position if isinstance(position, int) and position < film.edits.frames else None
            call = self._look.call("check_still", str(film.source), str(path), named, shown)
            found = call.future.result(PICTURE_SECONDS)
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, KinemacolorError):
                raise type(error)(str(error).replace(str(path), path.name)) from None
            raise
        self.edit(name, lambda it: it.edits.add_still(path, found["frame"], found["note"]), stills=True)

    def paint(self, name: str, frame: int, strokes: bytes, *, keep: bool) -> bytes:
        """A frame painted with strokes (a PNG), as JPEG; with ``keep`` it becomes the frame's still.

        Raises ``ExemplarError`` where there are no strokes.
        """
        film = self._shelf.film(name)
        with film.lock:
            place = film.edits.place_for_still(f"painted_{frame:06d}.png") if keep else None
            if place is not None:
                place.touch()
        try:
            call = self._look.call("paint", str(film.source), frame, strokes, None if place is None else str(place))
            picture = bytes(call.future.result(PICTURE_SECONDS))
        except BaseException:
            if place is not None:
                place.unlink(missing_ok=True)
            raise
        if place is not None:
            self.edit(name, lambda it: it.edits.add_still(place, frame), stills=True)
        return picture

    def find_still(self, name: str, still: str) -> None:
        """Looks for the frame that a still shows and binds it; tells ``look`` events meanwhile."""
        film, events = self._shelf.film(name), self._shelf.events
        path = film.edits.still(still).path

        def found(future: "Future[Any]") -> None:
            if future.exception() is None and future.result()["frame"] is not None:
                frame = future.result()["frame"]
                self.edit(name, lambda it: it.edits.bind_still(still, frame), stills=True)
            events.tell("look", film=name, what="", done=0, total=0)

        call = self._look.call(
            "find_still", str(film.source), str(path), told=lambda now: events.tell("look", film=name, **now)
        )
        call.future.add_done_callback(found)

    def add_stroke(self, name: str, stroke: Stroke) -> None:
        """Adds a correction, over what was there."""
        width, height = self._shelf.film(name).facts["shown"]
        for x, y in stroke.places:
            if x >= width or y >= height:
                raise SettingError(f"{x},{y} lies outside the picture, which is {width}x{height}.")
        self.edit(name, lambda it: it.edits.add_stroke(stroke, within_px=_COVERS_SHARE * min(width, height)))
