"""Tasks that give pictures: of frames, of stills."""

from contextlib import suppress
from pathlib import Path

import torch

from kinemacolor.io.destination import write_file
from kinemacolor.io.pictures import read_picture
from kinemacolor.resize import fit, resize_picture
from kinemacolor.studio.calls import Context
from kinemacolor.studio.pictures import VIEWER, answer_at, chroma_at, jpeg, png, thumb, veil
from kinemacolor.studio.places import ColorPlace, PreviewPlace


def picture(
    context: Context,
    source: str,
    frame: int,
    what: str,
    short_side_px: int | None,
    place: ColorPlace | PreviewPlace | None,
) -> bytes | None:
    """A frame as JPEG (``source``, ``color``) or PNG (``png``, and ``veil``: how sure the model is), or None."""
    film = VIEWER.film(source)
    if what == "source":
        return jpeg(film.source(frame, short_side_px))
    if what == "png":
        return png(film.source(frame, None))
    if what == "veil":
        answer = answer_at(place, frame) if isinstance(place, ColorPlace) else None
        return None if answer is None or answer.confidence is None else veil(film, answer.confidence)
    chroma = None if place is None else chroma_at(place, frame)
    return None if chroma is None else jpeg(film.colored(frame, chroma, short_side_px))


def small_picture(context: Context, source: str, frame: int, kept: str) -> bytes:
    """A frame for the strip; kept in a file."""
    data = thumb(VIEWER.film(source), frame)
    with suppress(OSError):
        Path(kept).parent.mkdir(parents=True, exist_ok=True)
        write_file(Path(kept), data)
    return data


def still_picture(context: Context, path: str, short_side_px: int) -> bytes:
    """A still as JPEG, on mid-gray where it is transparent."""
    rgb, alpha = read_picture(Path(path))
    size = fit((rgb.shape[-2], rgb.shape[-1]), short_side_px)
    shown = resize_picture(rgb, size).float()
    if alpha is not None:
        part = torch.nn.functional.interpolate(alpha[None], size, mode="area")[0]
        shown = shown * part + 60 * (1 - part)
    return jpeg(shown.round().byte().permute(1, 2, 0).numpy())
