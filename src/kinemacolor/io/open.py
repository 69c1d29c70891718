"""A film's frames by its name in one call, and the right writer for a name."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from kinemacolor.frames import Shot
from kinemacolor.io import images, sequence
from kinemacolor.io.base import FrameReader, FrameWriter
from kinemacolor.io.film import LONGER_THAN_ANY, Film
from kinemacolor.io.writer import VideoWriter


def open_reader(
    source: str | Path, *, start: int = 0, stop: int | None = None, frame_rate: str | Fraction = "24"
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
