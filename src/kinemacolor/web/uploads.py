"""Bytes from a browser: counted as they come, in a given time, a few at once."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

from kinemacolor.errors import InputError

_SECONDS_WITHOUT_BYTES = 30.0
_PATIENCE_SECONDS, _SLOWEST_BYTES_A_SECOND = 60.0, 1000
_MOST_WAITING = 16


class Doors:
    """How many uploads come in at once; some wait, more are refused in words."""

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._waiting = 0

    async def __aenter__(self) -> None:
        if self._free.locked() and self._waiting >= _MOST_WAITING:
            raise InputError("Too many films are coming in at once. Try again in a minute.")
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1

    async def __aexit__(self, *error: object) -> None:
        self._free.release()


async def in_time(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes as they come. Raises ``InputError`` where no more come, or so few that it would take for ever."""
    begun, seen, chunks = time.monotonic(), 0, aiter(stream)
    while True:
        try:
            chunk = await asyncio.wait_for(anext(chunks), _SECONDS_WITHOUT_BYTES)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise InputError("The file stopped coming in, so it was not taken. Try again.") from None
        seen += len(chunk)
        passed = time.monotonic() - begun
        if passed > _PATIENCE_SECONDS and seen < _SLOWEST_BYTES_A_SECOND * passed:
            raise InputError("The file came in too slowly, so it was not taken. Try again.")
        yield chunk


async def receive(stream: AsyncIterator[bytes], place: Path, expected_bytes: int, limit_bytes: int) -> None:
    """Writes what comes to a file. Raises ``InputError`` where it is more or less than was said, or stalls."""
    seen = 0
    with place.open("wb") as file:
        async for chunk in in_time(stream):
            seen += len(chunk)
            if seen > min(expected_bytes, limit_bytes):
                raise InputError("More bytes came in than were announced, so the film was not taken.")
            await asyncio.to_thread(file.write, chunk)
    if seen != expected_bytes:
        raise InputError("The film did not come in whole, so it was not taken. Try again.")
