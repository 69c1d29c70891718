"""The server: addresses to calls of the studio, and back. Names are looked up, and never made into paths."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from kinemacolor._version import __version__
from kinemacolor.errors import ExemplarError, InputError, KinemacolorError, SettingError
from kinemacolor.studio.film import StudioFilm
from kinemacolor.studio.films import NoSuchFilmError
from kinemacolor.studio.limits import Limits
from kinemacolor.studio.strokes import Stroke
from kinemacolor.studio.studio import Studio
from kinemacolor.web import sample
from kinemacolor.web.guard import Access, App, Guard
from kinemacolor.web.news import News
from kinemacolor.web.rooms import Rooms
from kinemacolor.web.uploads import Doors, receive

_STATIC = Path(__file__).with_name("static")
_MOST_JSON_BYTES = 2**20
_FOR_EVER = {"cache-control": "private, max-age=31536000, immutable"}
_NEVER = {"cache-control": "no-store"}

Handler = Callable[[Request], Awaitable[Response]]


def app_of(rooms: Rooms, access: Access, *, first: str | None = None, with_sample: bool = True) -> App:
    """The server's application. ``first`` is the film to show first; ``with_sample`` offers the sample."""
    pages = _Pages(rooms, first=first, with_sample=with_sample)

    @contextlib.asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(rooms.close)

    film = "/api/films/{film}"
    routes = [
        Route("/", pages.index),
        Route("/api/films", pages.films, methods=["GET"]),
        Route("/api/films", pages.put_in, methods=["POST"]),
        Route("/api/sample", pages.sample, methods=["POST"]),
        Route("/api/events", pages.events),
        Route(film, pages.film),
        Route(f"{film}/remove", pages.remove, methods=["POST"]),
        Route(f"{film}/frame/{{frame:int}}/{{what}}", pages.frame),
        Route(f"{film}/live/{{frame:int}}", pages.live),
        Route(f"{film}/thumb/{{frame:int}}", pages.thumb),
        Route(f"{film}/still/{{still}}", pages.still),
        Route(f"{film}/stills", pages.add_still, methods=["POST"]),
        Route(f"{film}/paint", pages.paint, methods=["POST"]),
        Route(f"{film}/edit", pages.edit, methods=["POST"]),
        Route(f"{film}/work", pages.work, methods=["POST"]),
        Route(f"{film}/out/{{file}}", pages.out),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]

    def refused(request: Request, error: Exception) -> Response:
        words = str(error).replace(f"{rooms.root}/", "")  # no path of this machine
        return JSONResponse({"error": words}, 404 if isinstance(error, NoSuchFilmError) else 400, headers=_NEVER)

    handlers: Any = {KinemacolorError: refused, HTTPException: _http, Exception: _unforeseen}
    app = Starlette(routes=routes, lifespan=life, exception_handlers=handlers)
    return Guard(app, access)


def _http(request: Request, error: HTTPException) -> Response:
    return JSONResponse({"error": "There is nothing at this address."}, error.status_code, headers=_NEVER)


def _unforeseen(request: Request, error: Exception) -> Response:
    words = f"This should not have happened ({type(error).__name__}). Please report it."
    return JSONResponse({"error": words}, 500, headers=_NEVER)


async def _json(request: Request) -> dict[str, Any]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_JSON_BYTES:
            raise SettingError("That is too much at once.")
    try:
        content = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise SettingError("The page has sent what is no request. Load it again.")
    return content


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise SettingError(f"'{name}' is to be a whole number.")
    return value


def _number_or_none(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None


def _stroke(given: Any) -> Stroke:
    places = given.get("places") if isinstance(given, dict) else None
    if not isinstance(places, list) or not all(isinstance(each, list) and len(each) == 2 for each in places):
        raise SettingError("A stroke has places, a frame and a color.")
    line = tuple((_whole(x, "x"), _whole(y, "y")) for x, y in places)
    return Stroke(_whole(given.get("frame"), "frame"), str(given.get("color")), line)


class _Pages:
    """The handlers."""

    def __init__(self, rooms: Rooms, *, first: str | None, with_sample: bool) -> None:
        self._rooms, self._first, self._with_sample = rooms, first, with_sample
        self._doors = Doors(rooms.limits.uploads)

    def _studio(self, request: Request) -> Studio:
        return self._rooms.studio(request.scope.get("room", ""))

    async def index(self, request: Request) -> Response:
        """The page."""
        return FileResponse(_STATIC / "index.html", headers=_NEVER)

    async def films(self, request: Request) -> Response:
        """The films, the limits, and what to show first."""
        studio = await run_in_threadpool(self._studio, request)
        listed = await run_in_threadpool(studio.films)
        limits: Limits = self._rooms.limits
        return JSONResponse(
            {
                "films": listed,
                "first": self._first,
                "sample": sample.is_there() and self._with_sample,
                "sample_name": sample.name_in(studio),
                "version": __version__,
                "kept_hours": self._rooms.kept_hours,
                "limits": {"bytes": limits.film_bytes, "seconds": limits.seconds, "pixels": limits.pixels},
            },
            headers=_NEVER,
        )

    async def put_in(self, request: Request) -> Response:
        """Takes a film in; the body is the film."""
        studio = await run_in_threadpool(self._studio, request)
        name = request.query_params.get("name", "film")
        size = _number_or_none(request.headers.get("content-length"))
        await run_in_threadpool(studio.incoming.check, size)
        assert size is not None
        with self._rooms.used(request.scope.get("room", "")):
            return await self._take_in(request.stream(), studio, name, size)

    async def _take_in(self, stream: AsyncIterator[bytes], studio: Studio, name: str, size: int) -> Response:
        async with self._doors:
            film, partial = await run_in_threadpool(studio.incoming.begin, name)
            try:
                await receive(stream, partial, size, self._rooms.limits.film_bytes)
            except BaseException:
                studio.incoming.drop(partial)
                raise
            return JSONResponse(await run_in_threadpool(studio.incoming.end, film, partial, name))

    async def sample(self, request: Request) -> Response:
        """Puts the sample in, unless it is there."""
        studio = await run_in_threadpool(self._studio, request)
        if not sample.is_there():
            raise InputError("The sample film is not part of this installation. Open a film of your own.")
        return JSONResponse({"name": await run_in_threadpool(sample.put_in, studio)})

    async def events(self, request: Request) -> Response:
        """The stream of news on a film."""
        studio = await run_in_threadpool(self._studio, request)
        news = News(studio.events, request.query_params.get("film"))
        return StreamingResponse(news.stream(), media_type="text/event-stream", headers=_NEVER)

    async def film(self, request: Request) -> Response:
        """A film, as it is now."""
        studio = await run_in_threadpool(self._studio, request)
        return JSONResponse(await run_in_threadpool(studio.describe, request.path_params["film"]), headers=_NEVER)

    async def remove(self, request: Request) -> Response:
        """Removes a film that was put in."""
        studio = await run_in_threadpool(self._studio, request)
        await run_in_threadpool(studio.remove, request.path_params["film"])
        return JSONResponse({})

    async def frame(self, request: Request) -> Response:
        """A frame as it is, in color, or how sure the model is of it."""
        what, place = request.path_params["what"], request.path_params
        if what not in ("source", "color", "veil", "png"):
            raise HTTPException(404)
        studio = await run_in_threadpool(self._studio, request)
        full = "full" in request.query_params
        found = await run_in_threadpool(lambda: studio.views.picture(place["film"], place["frame"], what, full=full))
        if found is None:
            return Response(status_code=204, headers=_NEVER)
        return Response(found[0], media_type=found[1], headers=_FOR_EVER if "v" in request.query_params else _NEVER)

    async def live(self, request: Request) -> Response:
        """A frame of the shot that is being colored."""
        studio, place = await run_in_threadpool(self._studio, request), request.path_params
        data = await run_in_threadpool(studio.views.live, place["film"], place["frame"])
        if data is None:
            return Response(status_code=204, headers=_NEVER)
        return Response(data, media_type="image/jpeg", headers=_NEVER)

    async def thumb(self, request: Request) -> Response:
        """A small frame for the strip."""
        studio, place = await run_in_threadpool(self._studio, request), request.path_params
        data = await run_in_threadpool(studio.views.thumb, place["film"], place["frame"])
        return Response(data, media_type="image/jpeg", headers=_FOR_EVER)

    async def still(self, request: Request) -> Response:
        """A still."""
        studio, place = await run_in_threadpool(self._studio, request), request.path_params
        small = "small" in request.query_params
        data = await run_in_threadpool(lambda: studio.views.still(place["film"], place["still"], small=small))
        return Response(data, media_type="image/jpeg", headers=_FOR_EVER)

    async def add_still(self, request: Request) -> Response:
        """Takes a still in; the body is the picture."""
        studio, place = await run_in_threadpool(self._studio, request), request.path_params["film"]
        asked = request.query_params
        data = await self._picture(request)
        shown, frame = _number_or_none(asked.get("shown")), _number_or_none(asked.get("frame"))
        await run_in_threadpool(studio.changes.add_still, place, data, asked.get("name", "still.png"), shown, frame)
        return JSONResponse({})

    async def _picture(self, request: Request) -> bytes:
        limit, body = self._rooms.limits.still_bytes, bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise ExemplarError(f"The still is larger than {limit >> 20} MiB, which is the limit here.")
        return bytes(body)

    async def paint(self, request: Request) -> Response:
        """A frame painted with strokes (the body, a PNG): a picture to look at, or with ``keep`` a still."""
        studio, place = await run_in_threadpool(self._studio, request), request.path_params["film"]
        frame = _number_or_none(request.query_params.get("frame")) or 0
        data = await self._picture(request)
        keep = "keep" in request.query_params
        made = await run_in_threadpool(lambda: studio.changes.paint(place, frame, data, keep=keep))
        return Response(made, media_type="image/jpeg", headers=_NEVER)

    async def edit(self, request: Request) -> Response:
        """An edit by its name."""
        studio, place = await run_in_threadpool(self._studio, request), request.path_params["film"]
        given = await _json(request)
        await run_in_threadpool(_edit, studio, place, given)
        return JSONResponse({})

    async def work(self, request: Request) -> Response:
        """Asks for a shot, the film in color, or a file; or stops what was asked for."""
        studio, place = await run_in_threadpool(self._studio, request), request.path_params["film"]
        given = await _json(request)
        return JSONResponse(await run_in_threadpool(_work, studio, place, given))

    async def out(self, request: Request) -> Response:
        """A film that was written, to be kept."""
        studio, place = await run_in_threadpool(self._studio, request), request.path_params
        path = await run_in_threadpool(studio.output, place["film"], place["file"])
        return FileResponse(path, filename=path.name, content_disposition_type="attachment", headers=_NEVER)


def _edit(studio: Studio, film: str, given: dict[str, Any]) -> None:
    what = given.get("do")
    if what == "correct":
        studio.changes.add_stroke(film, _stroke(given.get("stroke")))
    elif what == "find still":
        studio.changes.find_still(film, str(given.get("still")))
    elif what == "suggest":
        studio.plans.suggest(film)
    elif what in _EDITS:
        change, of_stills = _EDITS[what]
        studio.changes.edit(film, lambda it: change(it, given), stills=of_stills)
    else:
        raise SettingError("The page has asked for what there is not. Load it again.")


def _bind(film: StudioFilm, given: dict[str, Any]) -> None:
    frame = given.get("frame")
    film.edits.bind_still(str(given.get("still")), None if frame is None else _whole(frame, "frame"))


_EDITS: dict[Any, tuple[Callable[[StudioFilm, dict[str, Any]], None], bool]] = {
    "erase": (lambda film, given: film.edits.remove_stroke(_stroke(given.get("stroke"))), False),
    "bind still": (_bind, True),
    "remove still": (lambda film, given: film.edits.remove_still(str(given.get("still"))), True),
    "split": (lambda film, given: film.edits.split(_whole(given.get("frame"), "frame")), False),
    "merge": (lambda film, given: film.edits.merge(_whole(given.get("start"), "start")), False),
    "move cut": (
        lambda film, given: film.edits.move_cut(_whole(given.get("start"), "start"), _whole(given.get("to"), "to")),
        False,
    ),
    "undo": (lambda film, given: film.edits.undo(), False),
    "redo": (lambda film, given: film.edits.redo(), False),
}


def _work(studio: Studio, film: str, given: dict[str, Any]) -> dict[str, Any]:
    what = given.get("do")
    if what == "stop":
        studio.stop(str(given.get("work")))
        return {}
    if what == "write":
        return studio.write(film, str(given.get("preset")))
    if what == "color":
        shots = given.get("shots")
        return studio.color(film, [_whole(each, "shots") for each in shots] if isinstance(shots, list) else None)
    raise SettingError("The page has asked for what there is not. Load it again.")
