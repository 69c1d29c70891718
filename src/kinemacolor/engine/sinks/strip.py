"""A picture to look at: source | exemplar | color, one row for each of a few frames."""

import io
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image

from kinemacolor import color
from kinemacolor.engine.sinks.beside import gray_picture
from kinemacolor.errors import OutputError, reason_of
from kinemacolor.frames import RGB, Exemplar, Frame
from kinemacolor.io.destination import write_file
from kinemacolor.io.sheets import image_of, stacked
from kinemacolor.models.base import Confidence
from kinemacolor.resize import fit, resize

_ROWS, _SHORT_SIDE_PX = 3, 240


class Strip:
    """Collects the first, the middle and the last frame of a run, each beside the exemplar nearest in time."""

    def __init__(self, path: str | Path, exemplars: Sequence[Exemplar], frames_total: int | None) -> None:
        self._path = Path(path)
        self._exemplars = exemplars
        last = (frames_total or 1) - 1
        self._wanted = {round(last * i / (_ROWS - 1)) for i in range(_ROWS)}
        self._seen = 0
        self._rows: list[RGB] = []

    def _exemplar_for(self, index: int) -> Exemplar:
        return min(self._exemplars, key=lambda e: abs(e.index - index) if e.index is not None else 2**62)

    def _panel(self, rgb: torch.Tensor, height: int) -> RGB:
        size = (height, max(1, round(rgb.shape[-1] * height / rgb.shape[-2])))
        return color.to_8_bits(resize(rgb, size))

    def add(self, source: Frame, colored: Frame, confidence: Confidence | None = None) -> None:
        """Takes the pair in if it is one of those wanted."""
        if self._seen in self._wanted and source.planes is not None and colored.planes is not None:
            height = fit(source.size, _SHORT_SIDE_PX)[0]
            gray = gray_picture(source.planes)
            still = self._exemplar_for(source.index).rgb.float() / 255
            panels = [self._panel(p, height) for p in (gray, still, color.rgb_of_planes(colored.planes))]
            self._rows.append(torch.cat(panels, dim=-1))
        self._seen += 1

    def save(self) -> None:
        """Writes the picture. Raises ``OutputError`` where the disk does not take it."""
        data = io.BytesIO()
        try:
            image_of(stacked(self._rows)).save(data, format=Image.registered_extensions()[self._path.suffix.lower()])
            write_file(self._path, data.getvalue())
        except (OSError, KeyError) as error:
            raise OutputError(
                f"The strip {self._path} cannot be written ({reason_of(error)}). Call it .png."
            ) from error
