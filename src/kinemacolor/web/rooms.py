"""Rooms: on one's own machine there is one; a server of others gives each browser films of its own."""

import re
import threading
from pathlib import Path

from kinemacolor.studio import Limits, Studio
from kinemacolor.studio.helper import Helper

_ROOM = re.compile(r"[0-9a-f]{24}")


class Rooms:
    """The studios of a work folder, opened when they are first asked for; they share the processes that work."""

    def __init__(self, root: Path, limits: Limits, options: dict[str, object]) -> None:
        self.root, self.limits, self._options = root.absolute(), limits, options
        self._look, self._color = Helper("look", threads=3), Helper("color", threads=1)
        self._lock = threading.Lock()
        self._studios: dict[str, Studio] = {}

    def studio(self, room: str = "") -> Studio:
        """The studio of a room; that of the work folder itself for none."""
        with self._lock:
            if room not in self._studios:
                assert not room or _ROOM.fullmatch(room)
                place = self.root / "rooms" / room if room else self.root
                helpers = (self._look, self._color)
                self._studios[room] = Studio(place, limits=self.limits, options=self._options, helpers=helpers)
                self._studios[room].start()
            return self._studios[room]

    def close(self) -> None:
        """Closes all."""
        self._look.close()
        self._color.close()
        for studio in self._studios.values():
            studio.close()
