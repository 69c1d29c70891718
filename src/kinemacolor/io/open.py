"""The right reader or writer for a name: a film, pictures, or ``-`` for a pipe."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from kinemacolor.io import film, images, pipe, sequence
from kinemacolor.io.base import FrameReader, FrameWriter
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.reader import VideoReader
from kinemacolor.io.writer import VideoWriter


def probe(source: str | Path, *, frame_rate: str | Fraction = "24") -> FilmInfo:
    """Description of a film, a folder or pattern of pictures, or y4m on stdin. ``frame_rate`` is that of pictures.

    Raises ``InputError`` (or one of its classes) where it cannot be read.
    """
    if str(source) == "-":
        return pipe.info_of_stdin()
    if sequence.is_sequence(Path(source)):
        return images.info_of_pictures(Path(source), images.rate_of(frame_rate))
    return film.info_of_film(Path(source))


def open_reader(
    source: str | Path, *, start: int = 0, stop: int | None = None, frame_rate: str | Fraction = "24"
) -> FrameReader:
    """A reader of frames ``start`` to before ``stop``. Raises ``InputError`` where the source cannot be read."""
    if str(source) != "-" and sequence.is_sequence(Path(source)):
        return images.ImageReader(source, start=start, stop=stop, frame_rate=frame_rate)
    return VideoReader(source, start=start, stop=stop)


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
    path = Path(output)
    if str(output) != "-" and (sequence.is_picture_name(path) or not path.suffix or path.is_dir()):
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
