"""A frame in colour: the film's own luma plane with chroma planes made from the model's chroma."""

from dataclasses import replace

from kinemacolor import color
from kinemacolor.frames import Chroma, Frame, Planes
from kinemacolor.io.writer import OutputLayout
from kinemacolor.resize import resize, sample_chroma


def in_color(planes: Planes, chroma: Chroma, layout: OutputLayout) -> Planes:
    """The planes with U and V of this chroma (any size), sampled as ``layout`` says. Y and alpha are the source's."""
    gray = color.gray_level_of(planes.y, bits=planes.bits, full_range=planes.full_range)
    gray = sample_chroma(gray, planes.size, layout.subsampling, left_sited=layout.left_sited)
    chroma = sample_chroma(chroma.float().cpu(), planes.size, layout.subsampling, left_sited=layout.left_sited)
    blue_red = color.blue_red_of(gray, chroma, matrix=layout.matrix)
    u, v = color.codes_of(blue_red, bits=planes.bits, full_range=planes.full_range)
    return replace(planes, u=u, v=v)


def frame_in_color(frame: Frame, chroma: Chroma) -> Frame:
    """The frame as an RGB frame with this chroma (any size) and its own L*."""
    assert frame.rgb is not None
    luma, _ = color.split(frame.rgb)
    rgb = color.combine(luma, resize(chroma.float().cpu(), frame.size))
    return replace(frame, rgb=rgb)
