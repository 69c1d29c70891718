"""A picture of the frame that was colored last, replaced while the run goes on."""

import io
import time
from pathlib import Path

from PIL import Image

from kinemacolor.engine.sinks.beside import beside
from kinemacolor.errors import KinemacolorError, reason_of
from kinemacolor.frames import Frame
from kinemacolor.io.destination import write_file
from kinemacolor.io.sheets import image_of
from kinemacolor.models.base import Confidence

EVERY_SECONDS = 2.0
_SHORT_SIDE_PX = 360


class Preview:
    """Shows the latest frame, source | color, in a file that is whole at any time.

    A picture that cannot be written costs no run its film: ``warnings`` say so, once, and no more are written.
    """

    def __init__(self, path: str | Path, *, every_seconds: float = EVERY_SECONDS) -> None:
        self.warnings: list[str] = []
        self._path, self._every_seconds = Path(path), every_seconds
        self._due = 0.0
        self._waiting: tuple[Frame, Frame] | None = None

    def add(self, source: Frame, colored: Frame, confidence: Confidence | None = None) -> None:
        """Shows the frame if the picture there is older than a few seconds."""
        self._waiting = (source, colored)
        if time.monotonic() >= self._due:
            self.show()
            # counted from after the writing, so that a slow disk is not written to all the time
            self._due = time.monotonic() + self._every_seconds

    def show(self) -> None:
        """Shows the latest frame now, unless it is shown already."""
        waiting, self._waiting = self._waiting, None
        if waiting is None or self.warnings or waiting[1].planes is None:
            return
        data = io.BytesIO()
        try:
            picture = image_of(beside(*waiting, _SHORT_SIDE_PX))
            picture.save(data, format=Image.registered_extensions()[self._path.suffix.lower()])
            write_file(self._path, data.getvalue())
        except (OSError, KeyError, KinemacolorError) as error:
            why = str(error) if isinstance(error, KinemacolorError) else reason_of(error)
            self.warnings.append(f"The preview {self._path} was not written any more ({why.rstrip('.')}).")
