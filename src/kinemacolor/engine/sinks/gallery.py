"""Pictures for the report: of each shot the frame that the model is least sure of, before and after."""

import io
from dataclasses import dataclass

from kinemacolor.engine.sinks.beside import beside
from kinemacolor.frames import Frame
from kinemacolor.io.sheets import image_of
from kinemacolor.models.base import Confidence

_SHORT_SIDE_PX, _QUALITY = 150, 80
_CLEARLY_WORSE = 0.01


@dataclass(frozen=True, slots=True)
class Picture:
    """A frame of the film beside itself in color, as JPEG, and the mean confidence there (None: not known)."""

    frame: int
    confidence: float | None
    jpeg: bytes


class Gallery:
    """Watches a film go by and keeps a picture for each shot; ``starts`` are the shots' first frames.

    From a model that does not say how sure it is, the picture is of the shot's first frame.
    """

    def __init__(self, starts: list[int]) -> None:
        self._starts = starts
        self._shot = -1
        self.pictures: dict[int, Picture] = {}

    def add(self, source: Frame, colored: Frame, confidence: Confidence | None = None) -> None:
        """Keeps the frame's picture if it is worse than what there is of its shot."""
        while self._shot + 1 < len(self._starts) and source.index >= self._starts[self._shot + 1]:
            self._shot += 1
        sure = None if confidence is None else float(confidence.float().mean())
        held = self.pictures.get(self._shot)
        if held is not None and (sure is None or held.confidence is None or sure > held.confidence - _CLEARLY_WORSE):
            return
        self.pictures[self._shot] = Picture(source.index, sure, _jpeg(source, colored))


def _jpeg(source: Frame, colored: Frame) -> bytes:
    file = io.BytesIO()
    image_of(beside(source, colored, _SHORT_SIDE_PX)).save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
