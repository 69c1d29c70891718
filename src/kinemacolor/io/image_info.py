"""The headers of numbered pictures, read as those of a film; nothing here needs torch."""

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from PIL import Image

from kinemacolor.errors import InputError, SettingError, reason_of
from kinemacolor.io import container as containers
from kinemacolor.io import sequence
from kinemacolor.io.guard import PICTURE_ERRORS, decoders_quiet, picture_options
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.regular import read_regular, require_regular
from kinemacolor.io.scan_times import scan_times_of
from kinemacolor.io.time_limit import PROBE_SECONDS, TimeUpError, within

_LIMIT_BYTES = 2**31
_USUAL_RATE = Fraction(24)
_RATE_CHARACTERS = 40
_HIGHEST_RATE = Fraction(100_000)


def rate_of(text: str | Fraction) -> Fraction:
    """A frame rate from ``24``, ``23.976`` or ``24000/1001``. Raises ``SettingError`` if it is none."""
    try:
        # a few letters can stand for a number of a hundred million digits
        rate = Fraction(0) if len(str(text)) > _RATE_CHARACTERS or "e" in str(text).lower() else Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not 1 / _HIGHEST_RATE <= rate <= _HIGHEST_RATE:
        raise SettingError(f"Frame rate '{text}' is no rate. Write for instance 24 or 24000/1001.")
    return rate


def info_of_pictures(source: Path, rate: Fraction | None) -> FilmInfo:
    """The description of a sequence of pictures, from their number and the first of them.

    ``rate`` None is that of the first picture's header (DPX, OpenEXR), else 24. Raises ``InputError`` where there is
    none, where one cannot be read, or where sizes differ.
    """
    paths, warnings = sequence.pictures_of(source)
    info = _info_of_picture(paths[0])
    said = scan_times_of(paths[0])
    rate = rate or said.frame_rate or _USUAL_RATE
    _check_sizes(paths, (info.width, info.height))
    return replace(
        info,
        path=str(source),
        container="pictures",
        frame_rate=rate,
        time_base=1 / rate,
        start_seconds=Fraction(0),
        frames=len(paths),
        frames_exact=True,
        duration_seconds=len(paths) / rate,
        timecode=said.timecode,
        warnings=tuple(warnings),
    )


def _info_of_picture(path: Path) -> FilmInfo:
    # as bytes: by its name a file would be read as a pattern that names others
    data = picture_bytes(path)
    try:
        return within(PROBE_SECONDS, lambda: _described(path, data))
    except (FFmpegError, StopIteration, TimeUpError) as error:
        raise InputError(f"{path} cannot be read as a picture ({reason_of(error)}). Replace or remove it.") from error


def _described(path: Path, data: io.BytesIO) -> FilmInfo:
    with av.open(data, "r", options=picture_options()) as container:
        stream = containers.film_stream(container, str(path))
        return containers.describe_film(container, stream, next(container.decode(stream)), None)


def picture_bytes(path: Path) -> io.BytesIO:
    """A picture's file in memory. Raises ``InputError`` where it cannot be read, or is no regular file."""
    try:
        return io.BytesIO(read_regular(path, limit_bytes=_LIMIT_BYTES))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({reason_of(error)}). Replace or remove it.") from error


def _check_sizes(paths: list[Path], size: tuple[int, int]) -> None:
    """Raises ``InputError`` for the first picture whose header says another size. Kinds that Pillow lacks wait."""
    for path in paths:
        try:
            require_regular(path)
            with decoders_quiet(), Image.open(path) as picture:
                found = picture.size
        except Image.DecompressionBombError as error:
            raise InputError(
                f"{path} claims too many pixels ({reason_of(error)}). Give pictures of one size."
            ) from error
        except PICTURE_ERRORS:
            continue
        if found != size:
            raise InputError(
                f"{path} is {found[0]}x{found[1]}, but {paths[0].name} is {size[0]}x{size[1]}. "
                "Give pictures of one size."
            )
