"""A frame and its strokes as files to a still as a file."""

from collections.abc import Callable
from pathlib import Path

import torch

from kinemacolor import color
from kinemacolor.engine.overlays import displayed
from kinemacolor.engine.paint.still import Canvas
from kinemacolor.engine.paint.strokes import strokes_on
from kinemacolor.errors import OutputError, SettingError, reason_of_failed_write
from kinemacolor.frames import RGB, Shot
from kinemacolor.io import Film
from kinemacolor.io.destination import Destination, spare_inputs
from kinemacolor.io.pictures import read_picture
from kinemacolor.io.sheets import image_of

_ENDINGS = (".png", ".tif", ".tiff")


def paint_file(
    frame: Path | str,
    strokes: Path,
    output: Path,
    *,
    preview: bool = False,
    overwrite: bool = False,
    note: Callable[[str], None] | None = None,
) -> None:
    """Writes the still of a frame and its strokes; nothing is written where anything is wrong.

    ``frame`` is a picture, or a film and a frame of it: ``reel.mp4@120``, ``reel.mp4@00:01:02.5``.
    ``note`` is told what is worth knowing of the pictures.

    Raises:
        UnreadableImageError: one of the two is no picture.
        InputError, SettingError: the film cannot be read, or has no such frame.
        ExemplarError: the strokes are of another size than the frame, there are none, or their picture is no copy of
            the frame.
        OutputError: the still is one of the two, is there already, or cannot be written.
    """
    if output.suffix.lower() not in _ENDINGS:
        raise OutputError(
            f"{output} does not end like a picture that keeps colors exactly. Call it {output.with_suffix('.png')}."
        )
    film, place = _film_and_place(frame)
    spare_inputs([output], [film, strokes])
    destination = Destination.for_file(output, str(frame), overwrite=overwrite)
    try:
        gray = _picture(film, note) if place is None else _frame(film, place)
        picture, alpha = read_picture(strokes, note=note)
        painted = strokes_on(gray, picture, alpha, name=str(strokes))
        canvas = Canvas(gray)
        image_of(canvas.preview(painted) if preview else canvas.still(painted)).save(destination.partial)
    except OSError as error:
        destination.discard()
        reason = reason_of_failed_write(error)
        raise OutputError(f"{output} cannot be written ({reason}). Choose another place.") from error
    except BaseException:
        destination.discard()
        raise
    destination.commit()


def _film_and_place(frame: Path | str) -> tuple[Path, str | None]:
    """A picture, or a film with what follows its last ``@``."""
    text = str(frame)
    film, at, place = text.rpartition("@")
    if not at or Path(text).exists() or not Path(film).exists():
        return Path(text), None
    return Path(film), place


def _picture(path: Path, note: Callable[[str], None] | None) -> RGB:
    picture, hidden = read_picture(path, note=note)
    if hidden is not None and note is not None:
        note(f"{path} is transparent in parts. The still will be opaque.")
    return picture


def _frame(path: Path, place: str) -> RGB:
    """A frame of a film as it is displayed. Raises ``SettingError`` where there is none."""
    film = Film.open(path)
    number = film.frame_at(place)
    with film.frames(Shot(number, number + 1)) as reader:
        for frame in reader:
            assert frame.planes is not None
            y, bits, full = frame.planes.y, frame.planes.bits, frame.planes.full_range
            level = color.to_8_bits(color.gray_level_of(y, bits=bits, full_range=full))[0]
            return torch.from_numpy(displayed(film, level.numpy())).expand(3, -1, -1).contiguous()
    raise SettingError(f"{path} has no frame {number}: it has {film.length}. Give one that it has.")
