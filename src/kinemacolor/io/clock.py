"""A clock that starts again inside a file: found in one pass, and unrolled so that times rise.

Films joined from parts (a DVD's VOB files, recordings of a broadcast) begin to count anew, or leap, where a part
begins. All streams of a part go by one clock, so sound stays beside its picture: what the parts' clocks differ by is
taken from the film's own frames, which follow each other without a gap, and added to every packet that lies behind
the place in the file.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from av.container import InputContainer
from av.packet import Packet

from kinemacolor.io.info import Restart

_AVFMT_TS_DISCONT = 0x0200
_BACK_SECONDS, _LEAP_SECONDS = Fraction(1, 2), Fraction(10)
"""Decoding times that go back or ahead by more than these belong to another clock."""


def may_restart(container: InputContainer) -> bool:
    """Whether the format allows its clock to start again. In others a leap in time is meant."""
    return bool(container.format.flags & _AVFMT_TS_DISCONT)


@dataclass(slots=True)
class _Seen:
    """The last packet of a stream: its place in the file, its decoding time, its part."""

    position_bytes: int = 0
    seconds: Fraction | None = None
    part: int = 0


@dataclass(slots=True)
class ClockWatch:
    """Watches the packets of a film and of its sound, in the file's order, for clocks that start again.

    ``film_index`` is the film's stream. Memory: 16 bytes a frame.
    """

    film_index: int
    _starts: list[int] = field(default_factory=list)
    _of_film: set[int] = field(default_factory=set)
    _seen: dict[int, _Seen] = field(default_factory=dict)

    def see(self, packet: Packet) -> int:
        """Takes in a packet; the place in the file that it counts from, in bytes."""
        seen = self._seen.setdefault(packet.stream.index, _Seen())
        # frames that share a packet of the container with the one before them have no place of their own
        if packet.pos is not None and packet.pos >= 0:
            seen.position_bytes = packet.pos
        part = bisect_right(self._starts, seen.position_bytes)
        if packet.dts is not None:
            now = packet.dts * packet.time_base
            if seen.seconds is not None and _is_another_clock(now - seen.seconds):
                if part == seen.part:
                    part = self._begin_part(seen.position_bytes)
                if packet.stream.index == self.film_index:
                    self._of_film.add(part)
            seen.seconds = now
        seen.part = part
        return seen.position_bytes

    def _begin_part(self, position_bytes: int) -> int:
        """Notes that a part begins at a place, or that one found by another stream begins there already."""
        place = bisect_right(self._starts, position_bytes)
        if place < len(self._starts):
            self._starts[place] = position_bytes
        else:
            self._starts.append(position_bytes)
        return place + 1

    def starts(self) -> list[int]:
        """Where parts begin of which the film itself goes by another clock, in bytes."""
        return [start for number, start in enumerate(self._starts, 1) if number in self._of_film]


def _is_another_clock(step: Fraction) -> bool:
    return step < -_BACK_SECONDS or step > _LEAP_SECONDS


def shown_times(starts: Sequence[int], positions: Sequence[int], times: Sequence[int | None]) -> "array[int]":
    """The time stamps; an unknown one is of a part's last frame, which comes one interval after the one before."""
    parts = _by_part(starts, positions, times)
    latest = [max(part, default=0) for part in parts]
    lasting = [_lasting(part) for part in parts]
    shown = array("q")
    for position, time in zip(positions, times):
        part = bisect_right(starts, position)
        if time is None:
            latest[part] += lasting[part]
            time = latest[part]
        shown.append(time)
    return shown


def _by_part(starts: Sequence[int], positions: Sequence[int], times: Sequence[int | None]) -> "list[array[int]]":
    """The known time stamps of each part."""
    parts: list[array[int]] = [array("q") for _ in range(len(starts) + 1)]
    for position, time in zip(positions, times):
        if time is not None:
            parts[bisect_right(starts, position)].append(time)
    return parts


def _lasting(times: Sequence[int]) -> int:
    """How long a part's last frame is shown: as long as the one before it."""
    ordered = sorted(times)[-2:]
    return ordered[-1] - ordered[0] if ordered else 0


def restarts_of(
    starts: Sequence[int], positions: Sequence[int], times: Sequence[int], time_base: Fraction
) -> tuple[Restart, ...]:
    """The time to be added behind each of the ``starts``, so that the film's frames go on where they had ended.

    ``times`` are the frames' time stamps and ``positions`` their packets' places, in the file's order.
    """
    parts = _by_part(starts, positions, times)
    found, added = [], 0
    for start, before, after in zip(starts, parts, parts[1:]):
        if before and after:
            added += max(before) + _lasting(before) - min(after)
        found.append(Restart(start, added * time_base))
    return tuple(found)


class Unrolled:
    """Moves packets, in the file's order, to where they belong on one clock.

    ``pace`` is by how much longer all then lasts.
    """

    def __init__(self, restarts: Sequence[Restart], pace: Fraction = Fraction(1)) -> None:
        self._pace = pace
        self._starts = [restart.position_bytes for restart in restarts]
        self._added = [Fraction(0), *(restart.added_seconds for restart in restarts)]
        self._positions: dict[int, int] = {}

    def place(self, packet: Packet) -> None:
        """Changes the packet's times. A film without restarts, and not retimed, keeps its own."""
        if self._starts:
            self._unroll(packet)
        if self._pace != 1:
            packet.pts = None if packet.pts is None else round(packet.pts * self._pace)
            packet.dts = None if packet.dts is None else round(packet.dts * self._pace)
            packet.duration = round((packet.duration or 0) * self._pace)

    def _unroll(self, packet: Packet) -> None:
        stream = packet.stream.index
        if packet.pos is not None and packet.pos >= 0:
            self._positions[stream] = packet.pos
        ticks = round(self._added[bisect_right(self._starts, self._positions.get(stream, 0))] / packet.time_base)
        shown = shown_time(packet)
        packet.pts = None if shown is None else shown + ticks
        packet.dts = None if packet.dts is None else packet.dts + ticks


def shown_time(packet: Packet) -> int | None:
    """The packet's presentation time stamp; None where FFmpeg took it from the next packet, of another clock."""
    if packet.pts is None or packet.dts is None:
        return packet.pts
    return None if _is_another_clock((packet.pts - packet.dts) * packet.time_base) else packet.pts
