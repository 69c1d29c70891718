"""When a film's frames are shown, read from its packets in one pass without decoding."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard

from kinemacolor.io.clock import ClockWatch, may_restart, restarts_of, shown_time, shown_times
from kinemacolor.io.guard import errors_heard, open_file, packets_in
from kinemacolor.io.info import Restart
from kinemacolor.io.signature import missing_bytes

_ROUNDING_SECONDS = Fraction(1, 2000)
"""Half of a millisecond: a time that was written with three decimals still names its own frame."""

_SAYS_ITS_END = "mov,"
"""Formats that say when a stream ends apart from its last packet, which need not be the last one shown."""

_GAP_STEPS = 2.5
"""A step of so many usual ones is a gap: a frame held once (2) is none."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The packets of a film's stream: ``frames`` of them show a picture.

    ``times`` are their presentation time stamps in order, in units of the stream's time base, and ``keys`` those of
    key frames. Both are empty where a packet has no time stamp or two have the same: such a film has no usable times.
    ``restarts`` are where the file's clock starts again; times are on one clock, as if it had not.
    ``last_ticks`` is how long the last frame is shown, 0 where the film does not say it.
    ``faults`` is what libav said of damage in the container, which it skips and does not raise. ``has_late_streams``:
    another stream begins in the middle of the file.
    """

    frames: int
    times: Sequence[int]
    keys: Sequence[int]
    restarts: tuple[Restart, ...] = ()
    faults: tuple[str, ...] = ()
    last_ticks: int = 0
    has_late_streams: bool = False

    def regular(self, rate: Fraction, time_base: Fraction) -> "Timeline":
        """The same number of frames at even times: a bare stream has no times of its own, and libav's have holes."""
        times = array("q", (round(number / rate / time_base) for number in range(self.frames)))
        return replace(self, times=times, keys=array("q"), last_ticks=0)

    def gaps(self) -> list[tuple[int, int, int]]:
        """The stretches without frames: the times on both sides, and about how many frames are missing there."""
        steps = [b - a for a, b in pairwise(self.times)]
        usual = sorted(steps)[len(steps) // 2] if steps else 0
        wide = [(a, b) for a, b in pairwise(self.times) if b - a > _GAP_STEPS * usual]
        return [(a, b, round((b - a) / usual) - 1) for a, b in wide]

    @property
    def lasting(self) -> int:
        """How long the last frame is shown, in ticks: as long as the one before it where the film does not say it."""
        if self.last_ticks:
            return self.last_ticks
        return self.times[-1] - self.times[-2] if len(self.times) > 1 else 0

    def frame_shown_at(self, seconds: Fraction, time_base: Fraction) -> int | None:
        """The frame (from 0) that is on the screen so many seconds after the first one appeared.

        A time after the last frame names the number that it would have, did the film go on as fast as it is on the
        whole. None where the film has no usable times.
        """
        if not self.times:
            return None
        tick = self.times[0] + (seconds + _ROUNDING_SECONDS) / time_base
        end = self.times[-1] + self.lasting
        if not self.lasting or tick < end:
            return max(0, bisect_right(self.times, tick) - 1)
        usual = Fraction(end - self.times[0], len(self.times))
        return len(self.times) + int((tick - end) / usual)

    def is_in_second_half(self, frame: int, seconds: Fraction, time_base: Fraction) -> bool:
        """Whether a time lies in the second half of the time for which a frame is shown: in its second field."""
        if frame >= len(self.times):
            return False
        begin = self.times[frame]
        end = self.times[frame + 1] if frame + 1 < len(self.times) else begin + self.lasting
        return (seconds + _ROUNDING_SECONDS) / time_base + self.times[0] >= begin + Fraction(end - begin, 2)


def timeline_of(path: Path, stream_index: int) -> Timeline:
    """The timeline of one stream of a file; of a damaged file as far as it can be read. Memory: 32 bytes a frame."""
    seen = _Packets()
    late: list[bool] = []
    with (
        errors_heard() as faults,
        open_file(path) as container,
    ):
        film = container.streams[stream_index]
        watch = ClockWatch(stream_index) if may_restart(container) else None
        streams = [film, *(container.streams.audio if watch is not None else ())]
        for other in container.streams:
            if other not in streams:
                other.discard = Discard.all
        try:
            for packet in packets_in(container, streams, late=lambda: late.append(True)):
                position = watch.see(packet) if watch is not None and packet.size > 0 else 0
                if packet.stream.index == stream_index and packet.size > 0 and not packet.is_discard:
                    seen.add(packet, position)
        except FFmpegError:
            pass  # what could be read counts; the reader says where it ends
        time_base = film.time_base or Fraction(1)
        shown_until = (film.start_time or 0) + film.duration if film.duration else 0
        ends_are_said = container.format.name.startswith(_SAYS_ITS_END)
    starts = watch.starts() if watch is not None else []
    times: Sequence[int] = seen.times
    restarts: tuple[Restart, ...] = ()
    if starts and seen.usable:
        times = shown_times(starts, seen.positions, seen.own_times())
        restarts = restarts_of(starts, seen.positions, times, time_base)
        times = _unrolled(times, seen.positions, restarts, time_base)
    if not seen.usable or len(set(times)) != len(times):
        return Timeline(seen.frames, array("q"), array("q"), restarts, tuple(faults), 0, bool(late))
    keys = array("q", (time for time, is_key in zip(times, seen.are_keys) if is_key))
    ordered = _in_order(times)
    last = max(zip(times, seen.lasting))[1] if len(ordered) else 0
    if ends_are_said and len(ordered) and missing_bytes(path) == 0:
        last = max(last, shown_until - ordered[-1])
    return Timeline(seen.frames, ordered, _in_order(keys), restarts, tuple(faults), last, bool(late))


class _Packets:
    """The findings of a pass over a film's packets: time stamps, places in the file, which are key frames."""

    def __init__(self) -> None:
        self.times, self.positions, self.are_keys, self.lasting = array("q"), array("q"), array("b"), array("q")
        self.frames, self.usable = 0, True
        self._foreign: set[int] = set()

    def add(self, packet: Packet, position_bytes: int) -> None:
        """Takes in a packet that shows a picture."""
        self.frames += 1
        if packet.pts is None:
            self.usable = False
            return
        if shown_time(packet) is None:
            self._foreign.add(len(self.times))
        self.times.append(packet.pts)
        self.positions.append(position_bytes)
        self.are_keys.append(packet.is_keyframe)
        self.lasting.append(packet.duration or 0)

    def own_times(self) -> list[int | None]:
        """The time stamps, None for those that are of another part's clock."""
        return [None if place in self._foreign else time for place, time in enumerate(self.times)]


def _unrolled(
    times: Sequence[int], positions: Sequence[int], restarts: Sequence[Restart], time_base: Fraction
) -> Sequence[int]:
    starts = [restart.position_bytes for restart in restarts]
    added = [0, *(round(restart.added_seconds / time_base) for restart in restarts)]
    moved = (time + added[bisect_right(starts, position)] for time, position in zip(times, positions))
    return array("q", moved)


def _in_order(times: Iterable[int]) -> Sequence[int]:
    return array("q", sorted(times))


def frame_by_rate(seconds: Fraction, rate: Fraction) -> int:
    """The frame that is on the screen at a time, of pictures shown at a constant rate."""
    return int((seconds + _ROUNDING_SECONDS) * rate)
