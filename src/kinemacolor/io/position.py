"""A place in a film as a user writes it: a frame number, ``00:01:02.5`` or ``62.5s``."""

import re
from fractions import Fraction

_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)s")


def parse_position(text: str) -> int | Fraction | None:
    """The frame (int, from 0) or the time in seconds (Fraction) that ``text`` names; None if it names none."""
    if text.isdecimal():
        return int(text)
    if clock := _CLOCK.fullmatch(text):
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + Fraction(clock[3])
    if seconds := _SECONDS.fullmatch(text):
        return Fraction(seconds[1])
    return None
