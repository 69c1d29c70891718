"""News for an open page: the studio's events as a stream that a browser listens to."""

import asyncio
import json
from collections.abc import AsyncIterator

from kinemacolor.studio.events import Event, Events

_EVERY_SECONDS = 0.12
_ALIVE_SECONDS = 15.0


class News:
    """One open page. Of what is told faster than it is sent only the last word counts."""

    def __init__(self, events: Events, film: str | None) -> None:
        self._film = film
        self._loop = asyncio.get_running_loop()
        self._change = asyncio.Event()
        self._waiting: dict[tuple[object, ...], Event] = {}
        self._forget = events.listen(self._hear)

    def _hear(self, event: Event) -> None:
        if event["kind"] != "films" and event.get("film") != self._film:
            return
        try:
            self._loop.call_soon_threadsafe(self._take, event)
        except RuntimeError:
            self._forget()  # the server is gone

    def _take(self, event: Event) -> None:
        self._waiting[(event["kind"], event.get("film"), event.get("id"))] = event
        self._change.set()

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events, until the page is closed."""
        try:
            yield ": here\n\n"
            while True:
                try:
                    await asyncio.wait_for(self._change.wait(), _ALIVE_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                events, self._waiting = list(self._waiting.values()), {}
                self._change.clear()
                for event in events:
                    yield f"data: {json.dumps(event)}\n\n"
                await asyncio.sleep(_EVERY_SECONDS)
        finally:
            self._forget()
