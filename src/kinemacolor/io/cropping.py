"""The crop that a container asks of players: Matroska's PixelCrop and QuickTime's clean aperture.

FFmpeg's decoders give the whole picture, and PyAV does not tell what is to be cut.
"""

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

_HEAD_BYTES = 2**20
_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT, _TRACKS, _ENTRY, _VIDEO = 0x18538067, 0x1654AE6B, 0xAE, 0xE0
_BOTTOM, _TOP, _LEFT, _RIGHT = 0x54AA, 0x54BB, 0x54CC, 0x54DD
_APERTURE_BYTES = 40


class Crop(NamedTuple):
    """Rows and columns that are not to be shown, at each side."""

    top: int
    bottom: int
    left: int
    right: int


def crop_of(path: Path, stream_index: int, size: tuple[int, int]) -> Crop | None:
    """The crop of a film's stream of this ``(height, width)``; None where there is none or it cannot be told."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if head.startswith(_EBML):
                return _of_matroska(head, stream_index)
            if head[4:8] not in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
                return None
            file.seek(max(0, path.stat().st_size - _HEAD_BYTES))
            return _of_quicktime(head, size) or _of_quicktime(file.read(), size)
    except (OSError, IndexError, struct.error, ZeroDivisionError):
        return None


def _of_matroska(head: bytes, stream_index: int) -> Crop | None:
    entries = []
    for name, content in _elements(head, 0, len(head)):
        if name == _SEGMENT:
            tracks = (part for part in _elements(head, *content) if part[0] == _TRACKS)
            entries = [part for _, each in tracks for part in _elements(head, *each) if part[0] == _ENTRY]
            break
    if stream_index >= len(entries):
        return None
    video = next((part for part in _elements(head, *entries[stream_index][1]) if part[0] == _VIDEO), None)
    if video is None:
        return None
    sides = {name: int.from_bytes(head[start:stop], "big") for name, (start, stop) in _elements(head, *video[1])}
    crop = Crop(*(sides.get(side, 0) for side in (_TOP, _BOTTOM, _LEFT, _RIGHT)))
    return crop if any(crop) else None


def _elements(data: bytes, start: int, stop: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """EBML elements side by side: the number of each, and where its content begins and ends."""
    while start < min(stop, len(data)):
        width = 9 - data[start].bit_length()
        name = int.from_bytes(data[start : start + width], "big")
        start += width
        if start >= len(data):
            return
        width = 9 - data[start].bit_length()
        length = int.from_bytes(data[start : start + width], "big") & ((1 << 7 * width) - 1)
        is_open = length == (1 << 7 * width) - 1
        start += width
        end = stop if is_open else min(stop, start + length)
        yield name, (start, end)
        start = end


def _of_quicktime(data: bytes, size: tuple[int, int]) -> Crop | None:
    place = data.find(b"clap")
    if place < 4 or struct.unpack_from(">I", data, place - 4)[0] != _APERTURE_BYTES:
        return None
    numbers = struct.unpack_from(">8i", data, place + 4)
    width, height, across, down = (Fraction(numbers[i], numbers[i + 1]) for i in range(0, 8, 2))
    left = (size[1] - width) / 2 + across
    top = (size[0] - height) / 2 + down
    sides = (round(top), round(size[0] - height - top), round(left), round(size[1] - width - left))
    return Crop(*sides) if any(sides) and all(side >= 0 for side in sides) else None
