"""Pictures for the report: of each shot the frame that the model is least sure of, before and after."""

import io
from dataclasses import dataclass

import torch

from kinemacolor import color
from kinemacolor.frames import Frame, Planes
from kinemacolor.io.sheets import image_of
from kinemacolor.models.base import Confidence
from kinemacolor.resize import fit, resize

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
    assert source.planes is not None
    assert colored.planes is not None
    pair = torch.cat([_small(_gray(source.planes)), _small(color.rgb_of_planes(colored.planes))], dim=-1)
    file = io.BytesIO()
    image_of(color.to_8_bits(pair)).save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _gray(planes: Planes) -> torch.Tensor:
    return color.gray_level_of(planes.y, bits=planes.bits, full_range=planes.full_range).expand(3, -1, -1)


def _small(rgb: torch.Tensor) -> torch.Tensor:
    height, width = rgb.shape[-2:]
    return resize(
        rgb, fit((height, width), _SHORT_SIDE_PX) if min(height, width) > _SHORT_SIDE_PX else (height, width)
    )
