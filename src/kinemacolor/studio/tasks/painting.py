"""The task of painting a frame with strokes."""

import tempfile
import threading
from pathlib import Path

import torch

from kinemacolor.engine.paint import Canvas, strokes_on
from kinemacolor.frames import size_of
from kinemacolor.io.pictures import read_picture
from kinemacolor.resize import resize, resize_picture
from kinemacolor.studio.calls import Context
from kinemacolor.studio.pictures import VIEWER, jpeg, png

_LOCK = threading.Lock()
_canvases: dict[str, Canvas] = {}


def paint(context: Context, source: str, frame: int, strokes: bytes, keep: str | None) -> bytes:
    """A frame painted with strokes, as JPEG to look at; the whole still is written to the file ``keep``, if any.

    ``strokes`` is a PNG that is transparent but for them, of any size of the frame's shape.
    """
    canvas = _canvas(source, frame)
    with tempfile.TemporaryDirectory() as folder:
        layer_file = Path(folder) / "strokes.png"
        layer_file.write_bytes(strokes)
        rgb, alpha = read_picture(layer_file)
    size = size_of(canvas.frame)
    layer = resize_picture(rgb, size) if size_of(rgb) != size else rgb
    cover = None if alpha is None else resize(alpha, size)
    drawn = strokes_on(canvas.frame, layer, cover, name="The painting")
    if keep is None:
        return jpeg(canvas.preview(drawn).permute(1, 2, 0).numpy())
    made = canvas.still(drawn).permute(1, 2, 0).numpy()
    Path(keep).write_bytes(png(made))
    return jpeg(made)


def _canvas(source: str, frame: int) -> Canvas:
    """The canvas of a frame, kept while it is painted on."""
    name = f"{source}|{frame}"
    with _LOCK:
        if name not in _canvases:
            _canvases.clear()
            gray = torch.from_numpy(VIEWER.film(source).source(frame, None))
            _canvases[name] = Canvas(gray.expand(3, -1, -1).contiguous())
        return _canvases[name]
