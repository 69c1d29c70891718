"""The frame rate and the timecode that scanners write into the headers of DPX and OpenEXR pictures.

DPX: SMPTE ST 268-1, offsets 1724 (film), 1920 and 1940 (television), undefined where all bits are set. OpenEXR: the
attributes ``framesPerSecond`` (a rational) and ``timeCode`` (SMPTE ST 12-1, as in DPX).
"""

import struct
from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import NamedTuple

_HEAD_BYTES = 2**16
_DPX_BYTES = 2048
_FILM_RATE, _TIMECODE, _TV_RATE = 1724, 1920, 1940
_UNDEFINED = 0xFFFFFFFF
_HIGHEST_RATE = 1000.0
_DENOMINATORS = (1, 1001, 1000)
_NEAR = 1e-4
_DROP_FRAME_BIT = 1 << 6


class ScanTimes(NamedTuple):
    """The times in a picture's header: frames a second, and the picture's own timecode; None where it has none."""

    frame_rate: Fraction | None = None
    timecode: str | None = None


def scan_times_of(path: Path) -> ScanTimes:
    """The times in the header of a picture; nothing for other kinds, and for headers that make no sense."""
    readers: dict[bytes, Callable[[bytes], ScanTimes]] = {
        b"SDPX": lambda head: _of_dpx(head, ">"),
        b"XPDS": lambda head: _of_dpx(head, "<"),
        b"v/1\x01": _of_exr,
    }
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return ScanTimes()
    read = readers.get(head[:4])
    return ScanTimes() if read is None else read(head)


def _of_dpx(head: bytes, order: str) -> ScanTimes:
    if len(head) < _DPX_BYTES:
        return ScanTimes()
    rates = [struct.unpack_from(f"{order}f", head, place)[0] for place in (_FILM_RATE, _TV_RATE)]
    (code,) = struct.unpack_from(f"{order}I", head, _TIMECODE)
    rate = next((found for each in rates if (found := _rate_near(each)) is not None), None)
    return ScanTimes(rate, None if code == _UNDEFINED else _timecode(code))


def _of_exr(head: bytes) -> ScanTimes:
    rate, timecode, place = None, None, 8
    while place < len(head) and head[place]:
        try:
            name, rest = head[place:].split(b"\0", 2)[:2], place
            kind = name[1]
            rest += len(name[0]) + len(kind) + 2
            (size,) = struct.unpack_from("<i", head, rest)
            value = head[rest + 4 : rest + 4 + size]
            if name[0] == b"framesPerSecond" and kind == b"rational":
                over, under = struct.unpack("<iI", value)
                rate = _rate_near(over / under) if under else None
            if name[0] == b"timeCode" and len(value) == 8:
                (code,) = struct.unpack_from("<I", value)
                timecode = _timecode(code)
        except (IndexError, struct.error):
            break
        if size < 0:
            break
        place = rest + 4 + size
    return ScanTimes(rate, timecode)


def _rate_near(value: float) -> Fraction | None:
    """The rate that is written as a float: whole, or the usual thousandths (24000/1001)."""
    if not isfinite(value) or not 1 <= value <= _HIGHEST_RATE:
        return None
    for denominator in _DENOMINATORS:
        # 23.976 and 29.97 are short for 24000/1001 and 30000/1001
        over = round(value * denominator / 1000) * 1000 if denominator == 1001 else round(value * denominator)
        if over and abs(over / denominator - value) < _NEAR * value:
            return Fraction(over, denominator)
    return Fraction(value).limit_denominator(1001)


def _timecode(code: int) -> str | None:
    """``HH:MM:SS:FF`` of eight decimal digits of four bits each, from the highest; None where they are none."""
    digits = [code >> shift & mask for shift, mask in zip(range(28, -4, -4), (3, 15, 7, 15, 7, 15, 3, 15))]
    hours, minutes, seconds, frames = (10 * digits[i] + digits[i + 1] for i in (0, 2, 4, 6))
    if any(digit > 9 for digit in digits) or hours > 23 or minutes > 59 or seconds > 59:
        return None
    mark = ";" if code & _DROP_FRAME_BIT else ":"
    return f"{hours:02}:{minutes:02}:{seconds:02}{mark}{frames:02}"
