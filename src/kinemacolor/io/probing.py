"""The headers of a film, of pictures or of a pipe, by name; nothing here needs torch."""

from fractions import Fraction
from pathlib import Path

from kinemacolor.errors import InputError, reason_of
from kinemacolor.io import container, image_info, pipe, sequence
from kinemacolor.io.info import FilmInfo, retimed
from kinemacolor.io.regular import require_regular
from kinemacolor.io.timeline import Timeline

PIPE = "-"
"""The name of y4m on stdin."""


def probe_source(source: str | Path, *, frame_rate: str | Fraction | None = None) -> tuple[FilmInfo, Timeline | None]:
    """The description by headers and first frame, and the timeline of a film of up to 2 GiB (None of all else).

    ``frame_rate`` is that of pictures, None what they say themselves, else 24; a film's own description is not
    changed by it. Raises ``InputError`` (or one of its classes) where the source cannot be read, ``SettingError`` for
    a wrong rate.
    """
    if str(source) != PIPE:
        try:
            require_regular(Path(source))
        except OSError as error:
            raise InputError(f"{source} cannot be read ({reason_of(error)}). Give a film or pictures.") from error
    if str(source) != PIPE and sequence.is_sequence(Path(source)):
        rate = None if frame_rate is None else image_info.rate_of(frame_rate)
        return image_info.info_of_pictures(Path(source), rate), None
    if str(source) == PIPE:
        return pipe.info_of_stdin(), None
    return container.probe_film(Path(source))


def probe(source: str | Path, *, frame_rate: str | Fraction | None = None) -> FilmInfo:
    """The headers of a film, a folder or pattern of pictures, or y4m on stdin. Raises as ``probe_source`` does."""
    info, _ = probe_source(source, frame_rate=frame_rate)
    return info if frame_rate is None else retimed(info, image_info.rate_of(frame_rate))
