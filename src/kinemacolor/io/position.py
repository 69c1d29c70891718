"""A place in a film as a user writes it: a frame number, ``00:01:02.5``, ``62.5s`` or a timecode."""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

_D = r"\d{1,18}"  # more digits name no place in any film, and Python converts no 5,000
_FRAME = re.compile(_D)
_CLOCK = re.compile(rf"(?:({_D}):)?({_D}):({_D}(?:\.{_D})?)")
_TIMECODE = re.compile(rf"({_D}):({_D}):({_D})[:;]({_D})")
_SECONDS = re.compile(rf"({_D}(?:\.{_D})?)s|({_D}\.{_D})")


class Timecode(NamedTuple):
    """``HH:MM:SS:FF``: so many whole seconds, and frames after that."""

    seconds: int
    frames: int


Position = int | Fraction | Timecode
"""A frame (from 0), a time in seconds, or a timecode."""

FrameAt = Callable[[Position], int]
"""Gives the frame of a position: a film's ``frame_at``."""


def parse_position(text: str) -> Position | None:
    """The place that a text names, None if it names none.

    A frame (``123``), a time (``00:01:02.5``, ``62.5s``, ``0.5``) or a timecode (``00:01:02:12``).
    """
    if _FRAME.fullmatch(text):
        return int(text)
    if code := _TIMECODE.fullmatch(text):
        hours, minutes, seconds, frames = (int(part) for part in code.groups())
        return Timecode(hours * 3600 + minutes * 60 + seconds, frames)
    if clock := _CLOCK.fullmatch(text):
        return int(clock[1] or 0) * 3600 + int(clock[2]) * 60 + Fraction(clock[3])
    if seconds_found := _SECONDS.fullmatch(text):
        return Fraction(seconds_found[1] or seconds_found[2])
    return None
