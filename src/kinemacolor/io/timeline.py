"""When a film's frames are shown, read from its packets in one pass without decoding."""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from av.stream import Discard

_ROUNDING_SECONDS = Fraction(1, 2000)
"""Half of a millisecond: a time that was written with three decimals still names its own frame."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The packets of a film's stream: ``frames`` of them show a picture.

    ``times`` are their presentation time stamps in order, in units of the stream's time base, and ``keys`` those of
    key frames. Both are empty where a packet has no time stamp or two have the same: such a film has no usable times.
    """

    frames: int
    times: Sequence[int]
    keys: Sequence[int]

    def frame_shown_at(self, seconds: Fraction, time_base: Fraction) -> int | None:
        """The frame (from 0) that is on the screen so many seconds after the first one appeared.

        A time after the last frame names the number that would follow. None where the film has no usable times.
        """
        if not self.times:
            return None
        tick = self.times[0] + (seconds + _ROUNDING_SECONDS) / time_base
        place = bisect_right(self.times, tick)
        # the film does not say how long its last frame is shown: as long as the one before it
        lasting = self.times[-1] - self.times[-2] if len(self.times) > 1 else 0
        return place if lasting and tick >= self.times[-1] + lasting else max(0, place - 1)


def timeline_of(path: Path, stream_index: int) -> Timeline:
    """The timeline of one stream of a file; of a damaged file as far as it can be read. Memory: 8 bytes a frame."""
    times, keys = array("q"), array("q")
    frames, usable = 0, True
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        for other in container.streams:
            if other.index != stream_index:
                other.discard = Discard.all
        try:
            for packet in container.demux(container.streams[stream_index]):
                if packet.size <= 0 or packet.is_discard:
                    continue
                frames += 1
                usable = usable and packet.pts is not None
                if packet.pts is not None:
                    times.append(packet.pts)
                    if packet.is_keyframe:
                        keys.append(packet.pts)
        except FFmpegError:
            pass  # what could be read counts; the reader says where it ends
    if not usable or len(set(times)) != len(times):
        return Timeline(frames, array("q"), array("q"))
    return Timeline(frames, _in_order(times), _in_order(keys))


def _in_order(times: Iterable[int]) -> Sequence[int]:
    return array("q", sorted(times))


def frame_by_rate(seconds: Fraction, rate: Fraction) -> int:
    """The frame that is on the screen at a time, of pictures shown at a constant rate."""
    return int((seconds + _ROUNDING_SECONDS) * rate)
