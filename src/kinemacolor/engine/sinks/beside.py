"""A frame beside itself in color, small: what people look at while a film is made and after."""

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor import color
from kinemacolor.frames import RGB, Frame, Planes
from kinemacolor.resize import fit, resize


def gray_picture(planes: Planes) -> Float[Tensor, "3 h w"]:
    """The luma plane as a picture (0..1)."""
    return color.gray_level_of(planes.y, bits=planes.bits, full_range=planes.full_range).expand(3, -1, -1)


def beside(source: Frame, colored: Frame, short_side_px: int) -> RGB:
    """A film's frame in gray and in color beside each other, no larger than they are."""
    assert source.planes is not None
    assert colored.planes is not None
    pictures = (gray_picture(source.planes), color.rgb_of_planes(colored.planes))
    return color.to_8_bits(torch.cat([_small(picture, short_side_px) for picture in pictures], dim=-1))


def _small(rgb: Tensor, short_side_px: int) -> Tensor:
    height, width = rgb.shape[-2:]
    if min(height, width) <= short_side_px:
        return rgb
    return resize(rgb, fit((height, width), short_side_px))
