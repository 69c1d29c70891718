"""A still from strokes: a frame painted with a handful of strokes becomes a whole still in color.

::

    canvas = Canvas(frame)                 # a gray frame, once
    canvas.preview(strokes)                # while painting, in a fraction of a second
    canvas.still(strokes)                  # the still
"""

from kinemacolor.engine.paint.still import Canvas, preview_from_strokes, still_from_strokes
from kinemacolor.engine.paint.strokes import Strokes, strokes_on

__all__ = ["Canvas", "Strokes", "preview_from_strokes", "still_from_strokes", "strokes_on"]
