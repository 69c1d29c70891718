"""Timecode of an excerpt: the source's, as many frames later as the excerpt begins."""

import re
from fractions import Fraction

TAG = "timecode"
_CODE = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})([:;.])(\d{2,3})")
_DROPPED_A_MINUTE = {30: 2, 60: 4, 120: 8}


def timecode_after(timecode: str, frames: int, rate: Fraction) -> str | None:
    """The timecode ``frames`` later, or None where the text is no timecode.

    ``01:00:00:00`` counts the nearest whole rate; ``01:00:00;00`` drops the first 2 numbers of each minute but every
    tenth (at 29.97 frames a second; 4 at 59.94). After a day it begins at zero.
    """
    found = _CODE.fullmatch(timecode.strip())
    whole = round(rate)
    if found is None or whole < 1:
        return None
    hours, minutes, seconds, frame = (int(found[group]) for group in (1, 2, 3, 5))
    dropped = _DROPPED_A_MINUTE.get(whole, 0) if found[4] != ":" else 0
    number = ((hours * 60 + minutes) * 60 + seconds) * whole + frame
    number -= dropped * (hours * 54 + minutes - minutes // 10)
    number = (number + frames) % (24 * (3600 * whole - 54 * dropped))
    number = _with_dropped(number, whole, dropped)
    seconds, frame = divmod(number, whole)
    digits = len(found[5])
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{found[4]}{frame:0{digits}}"


def _with_dropped(number: int, whole: int, dropped: int) -> int:
    """A count of frames as the number that drop-frame timecode gives it."""
    if not dropped:
        return number
    a_minute, ten_minutes = 60 * whole - dropped, 600 * whole - 9 * dropped
    tens, rest = divmod(number, ten_minutes)
    minutes = 0 if rest < 60 * whole else 1 + (rest - 60 * whole) // a_minute
    return number + dropped * (9 * tens + minutes)
