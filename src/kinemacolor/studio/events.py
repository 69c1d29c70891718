"""Events: what has changed, told to whoever listens."""

import threading
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
"""``kind`` is ``film`` (ask for it again), ``films``, ``job``, ``frame`` or ``look``; the rest says which."""


class Events:
    """Tells every listener, on the thread that has the news. A listener must be quick and raise nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[int, Callable[[Event], None]] = {}
        self._next = 0

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Adds a listener; the function that is given back removes it."""
        with self._lock:
            self._next += 1
            number = self._next
            self._listeners[number] = listener
        return lambda: self._forget(number)

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def _forget(self, number: int) -> None:
        with self._lock:
            self._listeners.pop(number, None)

    def tell(self, kind: str, **about: Any) -> None:
        """Tells an event."""
        with self._lock:
            listeners = list(self._listeners.values())
        for listener in listeners:
            listener({"kind": kind, **about})
