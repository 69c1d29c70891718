"""A frame and its strokes as files to a still as a file."""

from collections.abc import Callable
from pathlib import Path

from kinemacolor.engine.paint.still import Canvas
from kinemacolor.engine.paint.strokes import strokes_on
from kinemacolor.errors import OutputError, reason_of_failed_write
from kinemacolor.io.destination import Destination, spare_inputs
from kinemacolor.io.pictures import read_picture
from kinemacolor.io.sheets import image_of

_ENDINGS = (".png", ".tif", ".tiff")


def paint_file(
    frame: Path,
    strokes: Path,
    output: Path,
    *,
    preview: bool = False,
    overwrite: bool = False,
    note: Callable[[str], None] | None = None,
) -> None:
    """Writes the still of a frame and its strokes; nothing is written where anything is wrong.

    ``note`` is told what is worth knowing of the pictures.

    Raises:
        UnreadableImageError: one of the two is no picture.
        ExemplarError: the strokes are of another size than the frame, there are none, or their picture is no copy of
            the frame.
        OutputError: the still is one of the two, is there already, or cannot be written.
    """
    if output.suffix.lower() not in _ENDINGS:
        raise OutputError(
            f"{output} does not end like a picture that keeps colors exactly. Call it {output.with_suffix('.png')}."
        )
    spare_inputs([output], [frame, strokes])
    destination = Destination.for_file(output, str(frame), overwrite=overwrite)
    try:
        gray, hidden = read_picture(frame, note=note)
        if hidden is not None and note is not None:
            note(f"{frame} is transparent in parts. The still will be opaque.")
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
