"""A film's frames by its name in one call, and the right writer for a name."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from kinemacolor.frames import Shot
from kinemacolor.io import codecs, encode, images, pipe, sequence
from kinemacolor.io.base import FrameReader, FrameWriter
from kinemacolor.io.film import LONGER_THAN_ANY, Film
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.writer import VideoWriter


def open_reader(
    source: str | Path, *, start: int = 0, stop: int | None = None, frame_rate: str | Fraction | None = None
) -> FrameReader:
    """A reader of frames ``start`` to before ``stop``. Who needs more of the film than its frames takes ``Film``.

    Raises ``InputError`` where the source cannot be read.
    """
    return Film.open(source, frame_rate=frame_rate).frames(Shot(start, LONGER_THAN_ANY if stop is None else stop))


def open_writer(
    output: str | Path,
    source: FrameReader,
    *,
    codec: str | None = None,
    quality: float | None = None,
    pixel_format: str | None = None,
    options: Mapping[str, str] | None = None,
    note: str | None = None,
    overwrite: bool = False,
) -> FrameWriter:
    """A writer of what suits the name; ``note`` goes into a film's metadata.

    Raises ``OutputError`` before any frame is read where it cannot be written.
    """
    if _is_of_pictures(output):
        return images.ImageWriter(
            output, source, codec=codec, quality=quality, pixel_format=pixel_format, overwrite=overwrite
        )
    return VideoWriter(
        output,
        source,
        codec=codec,
        quality=quality,
        pixel_format=pixel_format,
        options=options,
        note=note,
        overwrite=overwrite,
    )


def require_film_format(
    output: str | Path,
    info: FilmInfo,
    *,
    codec: str | None = None,
    quality: float | None = None,
    pixel_format: str | None = None,
) -> None:
    """Raises ``CodecError`` where no film of this name could be written of a source so described.

    Nothing is opened: this is for who writes later what can be known now. Pictures are not asked about.
    """
    if _is_of_pictures(output):
        return
    container = pipe.FORMAT if str(output) == "-" else codecs.container_of(Path(output))
    encode.layout_for(codecs.encoder_for(codec, container, info, quality), container, info, pixel_format)


def _is_of_pictures(output: str | Path) -> bool:
    path = Path(output)
    return str(output) != "-" and (sequence.is_picture_name(path) or not path.suffix or path.is_dir())
