"""A frame in color: the frame's own luma (Y') with the model's chroma. The one way colors come onto a picture.

What ``colorize`` writes, ``colorize_frames`` yields and ``evaluate`` scores all come from here.
"""

from dataclasses import replace

from jaxtyping import Float
from torch import Tensor

from kinemacolor import color
from kinemacolor.frames import RGB, Chroma, Frame, Matrix, Planes
from kinemacolor.io.base import OutputLayout
from kinemacolor.resize import resize, sample_chroma


def in_color(frame: Frame, chroma: Chroma, layout: OutputLayout | None = None, *, matrix: Matrix = "bt709") -> Frame:
    """The frame with this chroma (any size); its Y' and its alpha stay as they are.

    A frame of planes gets U and V sampled as ``layout`` says. An RGB frame gives the RGB picture that has its Y' (by
    ``matrix``) and, as nearly as the RGB cube allows, this a*b*.
    """
    if frame.planes is not None:
        assert layout is not None
        return replace(frame, planes=planes_in_color(frame.planes, chroma, layout))
    assert frame.rgb is not None
    return replace(frame, rgb=rgb_in_color(frame.rgb, chroma, matrix))


def planes_in_color(planes: Planes, chroma: Chroma, layout: OutputLayout) -> Planes:
    """The planes with U and V of this chroma (any size), sampled as ``layout`` says. Y and alpha are the source's."""
    gray = color.gray_level_of(planes.y, bits=planes.bits, full_range=planes.full_range)
    gray = sample_chroma(gray, planes.size, layout.subsampling, left_sited=layout.left_sited)
    chroma = sample_chroma(chroma.float().cpu(), planes.size, layout.subsampling, left_sited=layout.left_sited)
    blue_red = color.blue_red_of(gray, chroma, matrix=layout.matrix)
    u, v = color.codes_of(blue_red, bits=planes.bits, full_range=planes.full_range)
    return replace(planes, u=u, v=v)


def rgb_in_color(rgb: RGB, chroma: Float[Tensor, "2 _ _"], matrix: Matrix = "bt709") -> RGB:
    """The RGB picture with the Y' of ``rgb`` and this chroma (any size)."""
    gray = color.gray_of_rgb(rgb, matrix)
    blue_red = color.blue_red_of(gray, resize(chroma.float().cpu(), (rgb.shape[-2], rgb.shape[-1])), matrix=matrix)
    return color.to_8_bits(color.rgb_of_blue_red(gray, blue_red, matrix))


def rgb_of_frame(frame: Frame) -> RGB:
    """The frame as an RGB picture of 8 bits; chroma of planes is upsampled by repetition of the nearest sample."""
    if frame.planes is not None:
        return color.to_8_bits(color.rgb_of_planes(frame.planes))
    assert frame.rgb is not None
    return frame.rgb
