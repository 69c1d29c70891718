"""Rooms: on one's own machine there is one; a server of others gives each browser films of its own.

A room of others is removed when nobody has come for as long as was said. One's own is never.
"""

import re
import shutil
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kinemacolor.studio.helper import Helper
from kinemacolor.studio.helper import helpers as new_helpers
from kinemacolor.studio.limits import Limits
from kinemacolor.studio.places import OWN
from kinemacolor.studio.studio import Studio

_ROOM = re.compile(r"[0-9a-f]{24}")
_ROOMS, _SEEN, _LEAVING = "rooms", "seen", ".leaving-"
_NOTED_SECONDS = 60.0
_LOOKS_A_STAY, _MOST_SECONDS_BETWEEN = 10, 600.0


class Rooms:
    """The studios of a work folder, opened when they are first asked for; they share the processes that work.

    ``kept_hours``: a room of others goes when it was not used for so long; None keeps all. A room is in use while a
    page of it is open, a film comes in, or something is being colored.
    """

    def __init__(
        self,
        root: Path,
        limits: Limits,
        options: dict[str, object],
        helpers: tuple[Helper, Helper] | None = None,
        *,
        kept_hours: float | None = None,
    ) -> None:
        self.root, self.limits, self._options = root.absolute(), limits, options
        self.kept_hours = kept_hours
        self._look, self._color = helpers or new_helpers()
        self._lock = threading.RLock()
        self._studios: dict[str, Studio] = {}
        self._seen: dict[str, float] = {}
        self._used: Counter[str] = Counter()
        self._closed = threading.Event()
        if kept_hours is not None:
            threading.Thread(target=self._watch, name="kinemacolor-rooms", daemon=True).start()

    def studio(self, room: str = "") -> Studio:
        """The studio of a room; that of the work folder itself for none."""
        with self._lock:
            if room not in self._studios:
                assert not room or _ROOM.fullmatch(room)
                place = self._place(room) if room else self.root
                helpers = (self._look, self._color)
                self._studios[room] = Studio(place, limits=self.limits, options=self._options, helpers=helpers)
                self._studios[room].start()
            if room:
                self._note(room)
            return self._studios[room]

    @contextmanager
    def used(self, room: str) -> Iterator[None]:
        """Keeps a room while something long is done for it."""
        with self._lock:
            self._used[room] += 1
        try:
            yield
        finally:
            with self._lock:
                self._used[room] -= 1
                self._note(room)

    def close(self) -> None:
        """Closes all."""
        self._closed.set()
        self._look.close()
        self._color.close()
        for studio in list(self._studios.values()):
            studio.close()

    # ---- rooms that nobody uses

    def _place(self, room: str) -> Path:
        return self.root / _ROOMS / room

    def _note(self, room: str) -> None:
        """Notes that a room is used, on the disk too: a server that was started again knows."""
        now = time.time()
        if room and now - self._seen.get(room, 0.0) > _NOTED_SECONDS:
            self._seen[room] = now
            with suppress(OSError):
                (self._place(room) / OWN / _SEEN).touch()

    def _watch(self) -> None:
        assert self.kept_hours is not None
        while not self._closed.wait(min(_MOST_SECONDS_BETWEEN, self.kept_hours * 3600 / _LOOKS_A_STAY)):
            self.clear_up()

    def clear_up(self) -> list[str]:
        """Removes the rooms that nobody has used for as long as they are kept; their names."""
        folder, gone = self.root / _ROOMS, []
        if self.kept_hours is None or not folder.is_dir():
            return []
        for left in folder.glob(f"{_LEAVING}*"):  # of a server that was ended meanwhile
            shutil.rmtree(left, ignore_errors=True)
        for place in sorted(folder.iterdir()):
            room = place.name
            if place.is_symlink() or not _ROOM.fullmatch(room):
                continue
            with self._lock:
                if self._in_use(room):
                    continue
                studio = self._studios.pop(room, None)
                self._seen.pop(room, None)
                leaving = place.with_name(_LEAVING + uuid.uuid4().hex)
                place.rename(leaving)
            if studio is not None:
                studio.close()
            shutil.rmtree(leaving, ignore_errors=True)
            gone.append(room)
        return gone

    def _in_use(self, room: str) -> bool:
        assert self.kept_hours is not None
        studio = self._studios.get(room)
        if self._used[room] or (studio is not None and (studio.events.heard or studio.busy)):
            self._note(room)
            return True
        marks = [self._place(room) / OWN / _SEEN, self._place(room)]
        seen = max([mark.stat().st_mtime for mark in marks if mark.exists()], default=time.time())
        return time.time() - seen < self.kept_hours * 3600
