"""The headers of a film, of pictures or of a pipe, by name; nothing here needs torch."""

from fractions import Fraction
from pathlib import Path

from kinemacolor.errors import InputError, SettingError, reason_of
from kinemacolor.io import container, image_info, pipe, sequence
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.regular import require_regular
from kinemacolor.io.timeline import Timeline

PIPE = "-"
"""The name of y4m on stdin."""

_PICTURES_RATE = "24"


def probe_source(source: str | Path, *, frame_rate: str | Fraction | None = None) -> tuple[FilmInfo, Timeline | None]:
    """The description by headers and first frame, and the timeline of a film of up to 2 GiB (None of all else).

    ``frame_rate`` is that of pictures, which have none of their own; None is 24. Raises ``InputError`` (or one of its
    classes) where the source cannot be read, ``SettingError`` for a wrong rate, and for one given to a film.
    """
    if str(source) != PIPE:
        try:
            require_regular(Path(source))
        except OSError as error:
            raise InputError(f"{source} cannot be read ({reason_of(error)}). Give a film or pictures.") from error
    if str(source) != PIPE and sequence.is_sequence(Path(source)):
        return image_info.info_of_pictures(Path(source), image_info.rate_of(frame_rate or _PICTURES_RATE)), None
    if frame_rate is not None:
        raise SettingError(
            f"{source} is a film, whose frames have times of their own; a frame rate ({frame_rate}) is for "
            "pictures as input. So leave it out."
        )
    if str(source) == PIPE:
        return pipe.info_of_stdin(), None
    return container.probe_film(Path(source))


def probe(source: str | Path, *, frame_rate: str | Fraction | None = None) -> FilmInfo:
    """The headers of a film, a folder or pattern of pictures, or y4m on stdin. Raises as ``probe_source`` does."""
    return probe_source(source, frame_rate=frame_rate)[0]
