"""How many packets each stream of an output has, counted without decoding: the proof that it is complete."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from av.error import FFmpegError

from kinemacolor.errors import OutputError, reason_of
from kinemacolor.io.guard import open_file, packets_in


class Packets(NamedTuple):
    """The packets of a stream: how many, and the earliest time in seconds."""

    total: int
    first_seconds: Fraction


def packets_of(path: Path) -> dict[int, Packets]:
    """The packets of each stream of a file, by stream index."""
    found: dict[int, Packets] = {}
    with open_file(path) as container:
        for packet in packets_in(container, tuple(container.streams)):
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
        raise OutputError(
            f"The output cannot be read back ({reason_of(error)}). Write it to another disk, or as .mkv."
        ) from error
    for index, wanted in expected.items():
        there = found[index].total if index in found else 0
        if there < wanted:
            raise OutputError(
                f"The output is not complete: stream {index} has {there} of {wanted} packets. Write it as .mkv, or "
                "to another disk: a full one can go unreported."
            )
    return found
