"""Numbers of frames and packets of a file, counted without decoding."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
from av.error import FFmpegError
from av.stream import Discard
from av.video.stream import VideoStream

from kinemacolor.errors import OutputError

COUNT_BELOW_BYTES = 2 * 2**30
"""Files up to this size have their packets counted; larger ones give the container's own number or an estimate."""


def frames_of(path: Path, stream: VideoStream, rate: Fraction | None, duration: Fraction | None) -> tuple[int, bool]:
    """The number of frames (0: unknown) and whether it is exact."""
    if path.stat().st_size <= COUNT_BELOW_BYTES:
        return _shown_packets(path, stream.index), True
    if stream.frames:
        return stream.frames, False
    return round(duration * rate) if duration and rate else 0, False


def _shown_packets(path: Path, stream_index: int) -> int:
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        stream = container.streams[stream_index]
        for other in container.streams:
            if other.index != stream_index:
                other.discard = Discard.all
        counted = 0
        try:
            for packet in container.demux(stream):
                counted += packet.size > 0 and not packet.is_discard
        except FFmpegError:
            return counted
    return counted


class Packets(NamedTuple):
    """The packets of a stream: how many, and the earliest time in seconds."""

    total: int
    first_seconds: Fraction


def packets_of(path: Path) -> dict[int, Packets]:
    """The packets of each stream of a file, by stream index."""
    found: dict[int, Packets] = {}
    with av.open(f"file:{path}", metadata_errors="replace") as container:
        for packet in container.demux():
            if packet.size:
                seconds = (packet.pts or 0) * packet.time_base
                old = found.get(packet.stream.index, Packets(0, seconds))
                found[packet.stream.index] = Packets(old.total + 1, min(old.first_seconds, seconds))
    return found


def require_packets(path: Path, expected: Mapping[int, int]) -> dict[int, Packets]:
    """Reads an output back and gives its packets.

    Raises ``OutputError`` where one is missing: a full disk can go unreported.

    More packets than expected are no loss: a muxer may add subtitle fillers.
    """
    try:
        found = packets_of(path)
    except FFmpegError as error:
        raise OutputError(f"The output cannot be read back ({error}). Check the disk's free space.") from error
    for index, wanted in expected.items():
        there = found[index].total if index in found else 0
        if there < wanted:
            raise OutputError(
                f"The output is not complete: stream {index} has {there} of {wanted} packets. "
                "Check the disk's free space and try again."
            )
    return found
