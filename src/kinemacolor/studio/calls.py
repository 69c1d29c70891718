"""The messages between the program and a helper process, as both sides know them."""

import threading
from collections.abc import Callable
from typing import Any

from kinemacolor.errors import KinemacolorError

Told = dict[str, Any]
"""A report of a task that is at work."""


class HelperDiedError(KinemacolorError):
    """The process that did the work has ended."""


class StoppedError(KinemacolorError):
    """The call was cancelled."""


class Context:
    """A task's way to talk back. ``tell`` and ``check`` raise ``StoppedError`` once the call is cancelled."""

    def __init__(self, send: Callable[[object], None], number: int, stopped: threading.Event) -> None:
        self._send, self._number, self._stopped = send, number, stopped

    def check(self) -> None:
        """Raises ``StoppedError`` where the call was cancelled."""
        if self._stopped.is_set():
            raise StoppedError("Stopped.")

    def tell(self, **told: Any) -> None:
        """Sends word of how the task comes along."""
        self.check()
        self._send(("told", self._number, told))
