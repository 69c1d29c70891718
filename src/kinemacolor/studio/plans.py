"""Plans of films: which stills color which shots, by what keys, and which frames are worth painting next."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from kinemacolor.engine.exemplars.assign import MOST_ALIKE
from kinemacolor.errors import ExemplarError
from kinemacolor.studio.calls import Told
from kinemacolor.studio.film import StudioFilm
from kinemacolor.studio.helper import Helper
from kinemacolor.studio.shelf import Shelf

_SUGGESTIONS = 3


def require_stills(film: StudioFilm) -> None:
    """Raises ``ExemplarError`` for a film that has no colors to take."""
    if not film.edits.stills():
        raise ExemplarError(
            "There is no color still yet, so there are no colors to take. Paint a frame or drop a still first."
        )


class Plans:
    """Keeps each film's plan as its edits are. ``planned`` is called when one has come.

    A film that has stills will be colored soon: ``color`` loads its networks meanwhile.
    """

    def __init__(self, shelf: Shelf, color: Helper, planned: Callable[[], None]) -> None:
        self._shelf, self._color, self._when_planned = shelf, color, planned
        self._warmed: set[str] = set()
        self._plans: dict[str, Future[Any]] = {}
        self._suggesting: set[str] = set()

    def _told(self, name: str) -> Callable[[Told], None]:
        return lambda now: self._shelf.events.tell("look", film=name, **now)

    def renew(self, film: StudioFilm) -> "Future[Any] | None":
        """Plans a film as its edits are; None where there is nothing to plan from."""
        if not film.edits.stills():
            return None
        signature = film.edits.signature()
        with self._shelf.lock:
            known = self._plans.get(film.name)
            if known is not None and not known.done() and film.planning:
                return known
            film.planning, film.plan_error = True, ""
            told = self._told(film.name) if len(film.edits.stills()) > MOST_ALIKE else None
            call = self._shelf.look.call("plan", str(film.folder), told=told)
            self._plans[film.name] = call.future
        call.future.add_done_callback(lambda future: self._planned(film, signature, future))
        return call.future

    def _planned(self, film: StudioFilm, signature: str, future: "Future[Any]") -> None:
        film.planning = False
        error = future.exception()
        if error is None:
            film.take_plan(signature, future.result())
        else:
            film.plan_error = str(error).replace(str(film.folder), film.folder.name)
        if error is None and film.edits.signature() != signature:
            self.renew(film)  # it was changed meanwhile
        self._shelf.events.tell("look", film=film.name, what="", done=0, total=0)
        self._shelf.events.tell("film", film=film.name)
        self._when_planned()

    def warm(self, film: StudioFilm) -> None:
        """Lets the process that colors load the film's networks, unless it was asked to before."""
        with self._shelf.lock:
            if film.name in self._warmed or not film.edits.stills():
                return
            self._warmed.add(film.name)
        self._color.call("warm", str(film.folder))

    def wait(self, film: StudioFilm) -> None:
        """Waits for a plan of the film as it is. Raises what is wrong with it."""
        while not film.planned:
            require_stills(film)
            signature = film.edits.signature()
            call = self._shelf.look.call("plan", str(film.folder), told=self._told(film.name))
            film.take_plan(signature, call.future.result())

    def is_suggesting(self, name: str) -> bool:
        """Whether frames to color next are being looked for."""
        return name in self._suggesting

    def suggest(self, name: str) -> None:
        """Looks for the frames that are worth painting next; an event says when they are there."""
        film = self._shelf.film(name)
        with self._shelf.lock:
            if name in self._suggesting:
                return
            self._suggesting.add(name)

        def found(future: "Future[Any]") -> None:
            self._suggesting.discard(name)
            if future.exception() is None:
                film.take_suggestions(future.result())
            self._shelf.events.tell("look", film=name, what="", done=0, total=0)
            self._shelf.events.tell("film", film=name)

        arguments = (str(film.folder), film.edits.frames, _SUGGESTIONS)
        call = self._shelf.look.call("suggest", *arguments, told=self._told(name))
        call.future.add_done_callback(found)
