"""The headers of numbered pictures, read as those of a film; nothing here needs torch."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError
from PIL import Image, UnidentifiedImageError

from kinemacolor.errors import InputError, SettingError
from kinemacolor.io import container as containers
from kinemacolor.io import sequence
from kinemacolor.io.info import FilmInfo


def rate_of(text: str | Fraction) -> Fraction:
    """A frame rate from ``24``, ``23.976`` or ``24000/1001``. Raises ``SettingError`` if it is none."""
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0:
        raise SettingError(f"Frame rate '{text}' is no rate. Write for instance 24 or 24000/1001.")
    return rate


def info_of_pictures(source: Path, rate: Fraction) -> FilmInfo:
    """The description of a sequence of pictures, from their number and the first of them.

    Raises ``InputError`` where there is none, where one cannot be read, or where sizes differ.
    """
    paths, warnings = sequence.pictures_of(source)
    info = _info_of_picture(paths[0])
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
        warnings=tuple(warnings),
    )


def _info_of_picture(path: Path) -> FilmInfo:
    with path.open("rb") as file:
        try:
            with av.open(file, "r") as container:
                stream = containers.film_stream(container, str(path))
                return containers.describe_film(container, stream, next(container.decode(stream)), None)
        except (FFmpegError, StopIteration) as error:
            raise InputError(f"{path} cannot be read as a picture ({error}). Replace or remove it.") from error


def _check_sizes(paths: list[Path], size: tuple[int, int]) -> None:
    """Raises ``InputError`` for the first picture whose header says another size. Kinds that Pillow lacks wait."""
    for path in paths:
        try:
            with Image.open(path) as picture:
                found = picture.size
        except (UnidentifiedImageError, OSError, ValueError):
            continue
        if found != size:
            raise InputError(
                f"{path} is {found[0]}x{found[1]}, but {paths[0].name} is {size[0]}x{size[1]}. "
                "Give pictures of one size."
            )
