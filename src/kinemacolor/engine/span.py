"""Which frames of a film a user means: ``123``, ``00:01:02.5``, ``62.5s``."""

from fractions import Fraction

from kinemacolor.errors import SettingError
from kinemacolor.frames import Shot
from kinemacolor.io import FilmInfo
from kinemacolor.io.position import parse_position

_UNKNOWN = 2**62


def frame_at(info: FilmInfo, seconds: Fraction) -> int:
    """The frame nearest to a time counted from the film's first frame.

    Raises ``SettingError`` where the film has no frame rate.
    """
    if info.frame_rate is None:
        at = f"{float(seconds):g} s"
        raise SettingError(f"{info.path} has no frame rate, so {at} names no frame. Give a frame number.")
    return round(seconds * info.frame_rate)


def position_of(text: str, info: FilmInfo) -> int:
    """The frame number that ``text`` names. Raises ``SettingError`` if it names none."""
    position = parse_position(text)
    if position is None:
        raise SettingError(f"'{text}' is no frame and no time. Write a frame number (123), 00:01:02.5 or 62.5s.")
    return position if isinstance(position, int) else frame_at(info, position)


def span_of(start: str | int | None, end: str | int | None, info: FilmInfo) -> Shot:
    """The frames from ``start`` to before ``end``; None is the film's first and last.

    ``stop`` is far beyond any film where the film's length is not known. Raises ``SettingError`` for an empty span or
    one that begins past the film's end.
    """
    first = position_of(str(start), info) if start is not None else 0
    last = position_of(str(end), info) if end is not None else _UNKNOWN
    if info.frames is not None and info.frames_exact:
        if first >= info.frames:
            raise SettingError(f"Start {start} is past the end: {info.path} has {info.frames} frames.")
        last = min(last, info.frames)
    if last <= first:
        raise SettingError(f"End {end} is not after start {start}, so there is nothing to colour.")
    return Shot(first, last)
