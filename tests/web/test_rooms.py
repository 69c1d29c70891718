"""Rooms of others go when nobody has come for long, and never while they are used; one's own room stays."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the page needs the extra 'web'")

from kinemacolor.studio.limits import Limits
from kinemacolor.web.rooms import Rooms

pytestmark = pytest.mark.process
ROOM, OTHER = "a" * 24, "b" * 24


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    made = Rooms(tmp_path, Limits(), {"model": "flow"}, kept_hours=2.0)
    yield made
    made.close()


def unused_for(hours: float, rooms: Rooms, room: str) -> Path:
    """Makes a room's last visit lie back."""
    place, then = rooms.root / "rooms" / room, time.time() - hours * 3600
    rooms._seen.pop(room, None)
    for each in (place / ".studio" / "seen", place):
        os.utime(each, (then, then))
    return place


def test_a_room_goes_when_it_was_not_used_for_as_long_as_was_said(rooms: Rooms) -> None:
    for room in (ROOM, OTHER):
        (rooms.studio(room).folder.root / "films").mkdir()
    gone, kept = unused_for(2.1, rooms, ROOM), unused_for(1.9, rooms, OTHER)
    assert rooms.clear_up() == [ROOM]
    assert not gone.exists()
    assert kept.is_dir()
    assert rooms.studio(ROOM).films() == []  # who comes back finds an empty room
    assert rooms.clear_up() == []


def test_a_room_in_use_stays(rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = rooms.studio(ROOM)
    place = unused_for(9, rooms, ROOM)
    forget = studio.events.listen(lambda event: None)  # a page is open
    assert rooms.clear_up() == []
    forget()
    unused_for(9, rooms, ROOM)
    with rooms.used(ROOM):  # a film comes in
        assert rooms.clear_up() == []
    unused_for(9, rooms, ROOM)
    with monkeypatch.context() as patched:
        patched.setattr(type(studio), "busy", True)  # something is being colored
        assert rooms.clear_up() == []
    unused_for(9, rooms, ROOM)
    rooms.studio(ROOM)  # somebody came
    assert rooms.clear_up() == []
    assert place.is_dir()
    unused_for(9, rooms, ROOM)
    assert rooms.clear_up() == [ROOM]


def test_a_room_that_a_former_server_left_goes_too(tmp_path: Path) -> None:
    first = Rooms(tmp_path, Limits(), {}, kept_hours=2.0)
    first.studio(ROOM)
    first.close()
    second = Rooms(tmp_path, Limits(), {}, kept_hours=2.0)
    try:
        assert second.clear_up() == []
        place = unused_for(3, second, ROOM)
        outside = tmp_path / "outside"
        outside.mkdir()
        (tmp_path / "rooms" / OTHER).symlink_to(outside)
        assert second.clear_up() == [ROOM]
        assert not place.exists()
        assert outside.is_dir()
    finally:
        second.close()


def test_ones_own_room_is_never_removed(tmp_path: Path) -> None:
    own = Rooms(tmp_path, Limits(), {})
    try:
        own.studio()
        own.studio(ROOM)
        unused_for(10**4, own, ROOM)
        assert own.clear_up() == []
        assert (tmp_path / "rooms" / ROOM).is_dir()
    finally:
        own.close()
