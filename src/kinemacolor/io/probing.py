"""The headers of a film, of pictures or of a pipe, by name; nothing here needs torch."""

from fractions import Fraction
from pathlib import Path

from kinemacolor.errors import InputError
from kinemacolor.io import container, image_info, pipe, sequence
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.regular import require_regular
from kinemacolor.io.timeline import Timeline

PIPE = "-"
"""The name of y4m on stdin."""


def probe_source(source: str | Path, *, frame_rate: str | Fraction = "24") -> tuple[FilmInfo, Timeline | None]:
    """The description by headers and first frame, and the timeline of a film of up to 2 GiB (None of all else).

    ``frame_rate`` is that of pictures, which have none of their own. Raises ``InputError`` (or one of its classes)
    where the source cannot be read, ``SettingError`` for a wrong rate.
    """
    if str(source) == PIPE:
        return pipe.info_of_stdin(), None
    try:
        require_regular(Path(source))
    except OSError as error:
        raise InputError(f"{source} cannot be read ({error.strerror}). Give a film or pictures.") from error
    if sequence.is_sequence(Path(source)):
        return image_info.info_of_pictures(Path(source), image_info.rate_of(frame_rate)), None
    return container.probe_film(Path(source))


def probe(source: str | Path, *, frame_rate: str | Fraction = "24") -> FilmInfo:
    """The headers of a film, a folder or pattern of pictures, or y4m on stdin. Raises as ``probe_source`` does."""
    return probe_source(source, frame_rate=frame_rate)[0]
