"""Variety: crops, flips, other colors, and clips made from photographs by moving and bending them."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Generator, Tensor

from kinemacolor.data.draw import chance, normal, uniform, whole
from kinemacolor.resize import resize

Box = tuple[int, int, int, int]
"""Top, left, height, width."""

_GRID = 5


def crop_box(
    size: tuple[int, int],
    generator: Generator,
    *,
    area: tuple[float, float] = (0.36, 1.0),
    aspect: tuple[float, float] = (3 / 4, 4 / 3),
) -> Box:
    """A random part of a picture: RandomResizedCrop's box, its area a part of the picture's, its aspect in log."""
    height, width = size
    pixels = height * width * uniform(generator, *area)
    ratio = math.exp(uniform(generator, math.log(aspect[0]), math.log(aspect[1])))
    rows = min(height, max(1, round(math.sqrt(pixels / ratio))))
    columns = min(width, max(1, round(math.sqrt(pixels * ratio))))
    return whole(generator, height - rows + 1), whole(generator, width - columns + 1), rows, columns


def cropped(rgbs: Float[Tensor, "t 3 h w"], box: Box, crop_px: int) -> Float[Tensor, "t 3 h2 w2"]:
    """The box of each frame as a square of ``crop_px``."""
    top, left, rows, columns = box
    return resize(rgbs[..., top : top + rows, left : left + columns], (crop_px, crop_px))


@dataclass(frozen=True, slots=True)
class ColorChange:
    """A turn of hue and a factor of saturation; the same for a clip and its exemplar, so that colors are copied."""

    hue_radians: float = 0.0
    saturation: float = 1.0

    @classmethod
    def drawn(cls, generator: Generator) -> "ColorChange":
        """Any hue or a slight turn, half as often each; saturation from 0.6 to 1.4."""
        hue = uniform(generator, -math.pi, math.pi) if chance(generator, 0.5) else 0.15 * normal(generator)
        return cls(hue, uniform(generator, 0.6, 1.4))

    def apply(self, chromas: Float[Tensor, "*t 2 h w"]) -> Float[Tensor, "*t 2 h w"]:
        """The chromas turned and scaled, kept within -110..110. Lumas stay as they are."""
        cosine = self.saturation * math.cos(self.hue_radians)
        sine = self.saturation * math.sin(self.hue_radians)
        a, b = chromas.unbind(-3)
        return torch.stack((cosine * a - sine * b, sine * a + cosine * b), dim=-3).clamp(-110, 110)


def change_exposure(lumas: Float[Tensor, "t 1 h w"], generator: Generator) -> Float[Tensor, "t 1 h w"]:
    """Lumas whose gain and level drift over the clip, by up to 20 % and 8 L*."""
    time = torch.linspace(0, 1, len(lumas))[:, None, None, None]
    gain = uniform(generator, 0.85, 1.15) + uniform(generator, -0.1, 0.1) * time
    level = uniform(generator, -5.0, 5.0) + uniform(generator, -3.0, 3.0) * time
    return ((lumas - 50) * gain + 50 + level).clamp(0, 100)


def pseudo_clip(
    photograph: Float[Tensor, "3 h w"],
    times: Float[Tensor, " t"],
    crop_px: int,
    generator: Generator,
    *,
    occluder: Float[Tensor, "3 h2 w2"] | None = None,
) -> Float[Tensor, "t 3 h3 w3"]:
    """A photograph filmed by a moving camera, bending smoothly, with a piece of another moving before it.

    ``times`` counts frames from the first. A square of ``crop_px`` that moves, turns, grows and shears as one, and by
    a smooth field that swings between two shapes (as a thin plate bends). sRGB 0..1.
    """
    grids = _camera(photograph, times, crop_px, generator) + _bending(times, crop_px, generator)
    frames = F.grid_sample(
        photograph.expand(len(times), -1, -1, -1), grids, padding_mode="reflection", align_corners=False
    )
    return _pasted(frames, occluder, times, generator) if occluder is not None else frames


def _path(times: Tensor, generator: Generator, spread: float, speed: float) -> Float[Tensor, " t"]:
    """A number that begins anywhere within ``spread`` and moves at up to ``speed`` a frame, with a slow swing."""
    swing = 2 * speed * normal(generator) * torch.sin(uniform(generator, 0.2, 0.8) * times)
    return uniform(generator, -spread, spread) + uniform(generator, -speed, speed) * times + swing


def _square(crop_px: int) -> tuple[Tensor, Tensor]:
    """Column and row of each pixel's center of a square, -1..1."""
    along = (torch.arange(crop_px) * 2 + 1) / crop_px - 1
    return along.expand(crop_px, -1), along[:, None].expand(-1, crop_px)


def _camera(photograph: Tensor, times: Tensor, crop_px: int, generator: Generator) -> Float[Tensor, "t h w 2"]:
    """Where each pixel of a moving square lies in the photograph, in grid_sample's -1..1."""
    height, width = photograph.shape[-2:]
    short = min(height, width)
    zoom = uniform(generator, 0.6, 0.95) * torch.exp(_path(times, generator, 0.05, 0.015))
    angle, shear = _path(times, generator, 0.1, 0.015), _path(times, generator, 0.06, 0.006)
    x0 = _path(times, generator, max(0.0, 1 - 0.8 * short / width), 0.02)
    y0 = _path(times, generator, max(0.0, 1 - 0.8 * short / height), 0.02)
    x, y = _square(crop_px)
    cosine, sine = (zoom * angle.cos())[:, None, None], (zoom * angle.sin())[:, None, None]
    skewed = x + shear[:, None, None] * y
    column = x0[:, None, None] + (cosine * skewed - sine * y) * short / width
    row = y0[:, None, None] + (sine * skewed + cosine * y) * short / height
    return torch.stack((column, row), dim=-1)


def _bending(times: Tensor, crop_px: int, generator: Generator) -> Float[Tensor, "t h w 2"]:
    """A smooth displacement that swings between two random shapes, up to about a tenth of the square."""
    shapes = torch.randn(2, 2, _GRID, _GRID, generator=generator) * uniform(generator, 0.0, 0.04)
    pace = uniform(generator, 0.1, 0.5) * times
    coarse = pace.cos()[:, None, None, None] * shapes[0] + pace.sin()[:, None, None, None] * shapes[1]
    return F.interpolate(coarse, (crop_px, crop_px), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)


def _pasted(frames: Tensor, occluder: Tensor, times: Tensor, generator: Generator) -> Tensor:
    """The frames with a blob of another picture crossing them."""
    crop_px = frames.shape[-1]
    size = uniform(generator, 0.15, 0.4)
    x0, y0 = _path(times, generator, 0.8, 0.08), _path(times, generator, 0.8, 0.08)
    x, y = _square(crop_px)
    u, v = (x - x0[:, None, None]) / size, (y - y0[:, None, None]) / size
    mask = _blob(crop_px, generator)
    piece = torch.cat((resize(occluder, (crop_px, crop_px)) * mask, mask))
    where = torch.stack((u, v), dim=-1)
    sampled = F.grid_sample(piece.expand(len(times), -1, -1, -1), where, align_corners=False)
    alpha = sampled[:, 3:]
    return frames * (1 - alpha) + sampled[:, :3]


def _blob(side_px: int, generator: Generator) -> Float[Tensor, "1 h w"]:
    """A random rounded shape, 1 inside and 0 outside, that does not touch the border."""
    x, y = _square(side_px)
    rough = F.interpolate(
        torch.randn(1, 1, 6, 6, generator=generator), (side_px, side_px), mode="bicubic", align_corners=True
    )[0]
    return torch.sigmoid(20 * (0.75 - (x**2 + y**2).sqrt() + 0.15 * rough)) * ((x**2 + y**2) < 0.98)
