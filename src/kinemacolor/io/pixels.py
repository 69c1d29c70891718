"""Decoded frames to planes and planes to frames for an encoder. Luma comes from the frame's own luma plane.

Packed and semi-planar layouts are only rearranged (swscale copies their samples). RGB pictures have no luma
plane, so it is computed: BT.709 weights at the picture's own depth, exactly G where R = G = B.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import cv2
import numpy as np
from av import VideoFrame
from av.video.format import VideoFormat

from kinemacolor.planes import Matrix, Plane, Planes

_SUBSAMPLING_NAMES = {(1, 1): "444", (1, 2): "422", (2, 2): "420", (2, 1): "440", (1, 4): "411", (4, 4): "410"}
_WEIGHT_BITS = 16
_BT709_WEIGHTS = (13933, 46871, 4732)
"""BT.709 Kr, Kg, Kb in 1/65536; their sum is exactly 65536, so a gray RGB pixel keeps its value."""

UNSPECIFIED_RANGE, LIMITED_RANGE, FULL_RANGE = 0, 1, 2
RGB_MATRIX, UNSPECIFIED_MATRIX = 0, 2
_MATRIX_OF_CODE: dict[int, Matrix] = {1: "bt709", 4: "bt601", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}
_CODE_OF_MATRIX = {"bt709": 1, "bt601": 6, "bt2020": 9}
_SD_BELOW_ROWS = 720
_LIMITED_UNLESS_TAGGED = frozenset({"h264", "hevc", "vvc", "av1", "vp8", "vp9", "mpeg1video", "mpeg2video", "mpeg4"})


_VISIBLE = (0.02, 0.01), (0.1, 0.001)
"""A Cb or Cr as a share of their span, and the share of the picture that has it: then there is color to be seen."""


class PixelLayout(NamedTuple):
    """Layout of a pixel format once it is planar."""

    planar_name: str
    bits: int
    subsampling: tuple[int, int]
    has_chroma: bool
    has_alpha: bool
    is_rgb: bool


def planar_name(subsampling: tuple[int, int], bits: int, *, alpha: bool = False) -> str:
    """The name of the little-endian planar Y'CbCr format, for instance ``yuv422p10le``."""
    depth = "" if bits == 8 else f"{bits}le"
    return f"yuv{'a' if alpha else ''}{_SUBSAMPLING_NAMES[subsampling]}p{depth}"


def _gray_name(bits: int) -> str:
    return "gray" if bits == 8 else f"gray{bits}le"


@lru_cache(maxsize=64)
def layout_of(pixel_format: str) -> PixelLayout:
    """The planar layout that holds every sample of a pixel format."""
    fmt = VideoFormat(pixel_format)
    components = fmt.components
    alpha = any(component.is_alpha for component in components)
    bits = max(8, min(16, max(component.bits for component in components)))
    if fmt.is_rgb or fmt.has_palette or pixel_format.startswith(("xyz", "bayer")):
        bits = next(depth for depth in (8, 10, 12, 14, 16) if depth >= bits)
        alpha = alpha or fmt.has_palette
        depth = "" if bits == 8 else f"{bits}le"
        return PixelLayout(f"gbr{'a' if alpha else ''}p{depth}", bits, (1, 1), True, alpha, True)
    if len(components) - alpha == 1:
        name = planar_name((1, 1), bits, alpha=True) if alpha else _gray_name(bits)
        return PixelLayout(name, bits, (1, 1), False, alpha, False)
    subsampling = 64 // fmt.chroma_height(64), 64 // fmt.chroma_width(64)
    return PixelLayout(planar_name(subsampling, bits, alpha=alpha), bits, subsampling, True, alpha, False)


def is_full_range(color_range: int, pixel_format: str, codec: str) -> bool:
    """Whether code values span the whole depth.

    A tag decides. Without one, ``yuvj*``, RGB and gray pictures are full (as swscale reads them), except gray from
    the broadcast codecs, whose standards infer limited range; all other Y'CbCr is limited.
    """
    if color_range != UNSPECIFIED_RANGE:
        return color_range == FULL_RANGE
    if pixel_format.startswith("yuvj") or codec == "mjpeg":
        return True
    layout = layout_of(pixel_format)
    return layout.is_rgb or (not layout.has_chroma and codec not in _LIMITED_UNLESS_TAGGED)


def matrix_of(code: int, height: int, *, is_rgb: bool) -> Matrix:
    """The matrix of a tag; untagged or rare: BT.601 below 720 rows, BT.709 from there. RGB: BT.709."""
    if is_rgb:
        return "bt709"
    return _MATRIX_OF_CODE.get(code, "bt601" if height < _SD_BELOW_ROWS else "bt709")


def matrix_code(matrix: Matrix) -> int:
    """The tag (ITU-T H.273 MatrixCoefficients) of a matrix."""
    return _CODE_OF_MATRIX[matrix]


def _view(frame: VideoFrame, index: int, bits: int) -> Plane:
    plane = frame.planes[index]
    dtype: np.dtype[Any] = np.dtype(np.uint8 if bits <= 8 else np.uint16)
    rows = np.frombuffer(memoryview(plane), dtype=dtype).reshape(-1, plane.line_size // dtype.itemsize)
    return rows[: plane.height, : plane.width]


def _copy(frame: VideoFrame, index: int, bits: int) -> Plane:
    return _view(frame, index, bits).copy()


def _planes_of_gray_alpha(frame: VideoFrame, layout: PixelLayout, *, full_range: bool, matrix: Matrix) -> Planes:
    plane = frame.planes[0]
    dtype: np.dtype[Any] = np.dtype(np.uint8 if layout.bits <= 8 else ">u2" if frame.format.is_big_endian else "<u2")
    rows = np.frombuffer(memoryview(plane), dtype=dtype).reshape(-1, plane.line_size // dtype.itemsize)
    pairs = rows[: frame.height, : 2 * frame.width].reshape(frame.height, frame.width, 2)
    if layout.bits <= 8:
        y, alpha = pairs[..., 0].astype(np.uint8), pairs[..., 1].astype(np.uint8)
        return Planes(y=y, alpha=alpha, full_range=full_range, matrix=matrix)
    wide, wide_alpha = pairs[..., 0].astype(np.uint16), pairs[..., 1].astype(np.uint16)
    return Planes(y=wide, alpha=wide_alpha, bits=layout.bits, full_range=full_range, matrix=matrix)


def _planes_of_rgb(frame: VideoFrame, layout: PixelLayout) -> Planes:
    green, blue, red = (_view(frame, index, layout.bits) for index in range(3))
    alpha = _copy(frame, 3, layout.bits) if layout.has_alpha else None
    if np.array_equal(green, blue) and np.array_equal(green, red):
        return Planes(y=green.copy(), alpha=alpha, bits=layout.bits, full_range=True, matrix="bt709")
    kr, kg, kb = (np.uint32(weight) for weight in _BT709_WEIGHTS)
    half = np.uint32(1 << (_WEIGHT_BITS - 1))
    y = (kr * red + kg * green + kb * blue + half) >> np.uint32(_WEIGHT_BITS)
    luma = y.astype(green.dtype)
    top, neutral = 2**layout.bits - 1, 2 ** (layout.bits - 1)
    scale_b, scale_r = (0.5 / (1 - weight / 65536) for weight in (_BT709_WEIGHTS[2], _BT709_WEIGHTS[0]))
    u, v = (
        np.clip(np.rint((plane.astype(np.float32) - luma) * scale) + neutral, 0, top).astype(green.dtype)
        for plane, scale in ((blue, scale_b), (red, scale_r))
    )
    return Planes(y=luma, u=u, v=v, alpha=alpha, bits=layout.bits, full_range=True, matrix="bt709")


def planes_of(frame: VideoFrame, *, full_range: bool, matrix: Matrix) -> Planes:
    """The frame's planes, copied out of the decoder's memory, samples unchanged.

    Gray formats have no ``u`` and ``v``. For RGB formats see the module's docstring; ``u`` and ``v`` are None where
    every pixel is gray.
    """
    layout = layout_of(frame.format.name)
    if layout.has_alpha and not layout.has_chroma:
        # by hand: swscale would squeeze a gray picture's range on the way to a format that has an alpha plane
        return _planes_of_gray_alpha(frame, layout, full_range=full_range, matrix=matrix)
    if frame.format.name != layout.planar_name and not frame.format.name.startswith("yuvj"):
        frame = frame.reformat(format=layout.planar_name, interpolation="POINT")
    if layout.is_rgb:
        return _planes_of_rgb(frame, layout)
    bits = layout.bits
    return Planes(
        y=_copy(frame, 0, bits),
        u=_copy(frame, 1, bits) if layout.has_chroma else None,
        v=_copy(frame, 2, bits) if layout.has_chroma else None,
        alpha=_copy(frame, 3, bits) if layout.has_alpha else None,
        bits=bits,
        full_range=full_range,
        matrix=matrix,
    )


def frame_of(planes: Planes, pixel_format: str, into: VideoFrame | None = None) -> VideoFrame:
    """A frame of a planar pixel format with these planes; missing chroma is neutral, missing alpha opaque.

    ``planes`` must have the format's depth and sampling already. ``into`` is a frame of that format and size whose
    samples are replaced; None makes a new one.
    """
    layout = layout_of(pixel_format)
    height, width = planes.size
    frame = VideoFrame(width, height, pixel_format) if into is None else into
    sources: list[Plane | int] = [planes.y]
    if layout.has_chroma:
        neutral = 2 ** (layout.bits - 1)
        sources += [neutral if planes.u is None else planes.u, neutral if planes.v is None else planes.v]
    if layout.has_alpha:
        sources.append(2**layout.bits - 1 if planes.alpha is None else planes.alpha)
    for index, source in enumerate(sources):
        _view(frame, index, layout.bits)[...] = source
    return frame


def _luma_span(bits: int, full_range: bool) -> tuple[float, float, float]:
    """Code values of black, of black to white, and of Cb or Cr from -0.5 to 0.5."""
    if full_range:
        return 0.0, float(2**bits - 1), float(2**bits - 1)
    unit = 2.0 ** (bits - 8)
    return 16 * unit, 219 * unit, 224 * unit


def converted(planes: Planes, *, bits: int, full_range: bool) -> Planes:
    """The planes at another depth or range, rounded to the nearest code value. Equal ones come back untouched."""
    if (bits, full_range) == (planes.bits, planes.full_range):
        return planes
    black, span, chroma_span = _luma_span(planes.bits, planes.full_range)
    new_black, new_span, new_chroma_span = _luma_span(bits, full_range)
    dtype, top = (np.uint8 if bits <= 8 else np.uint16), 2**bits - 1
    codes = np.arange(2**planes.bits, dtype=np.float64)
    luma = np.clip(np.rint((codes - black) * (new_span / span) + new_black), 0, top).astype(dtype)
    middle, new_middle = 2 ** (planes.bits - 1), 2 ** (bits - 1)
    chroma = np.clip(np.rint((codes - middle) * (new_chroma_span / chroma_span) + new_middle), 0, top).astype(dtype)
    opacity = np.rint(codes * (top / (2**planes.bits - 1))).astype(dtype)

    def look_up(table: np.ndarray, plane: Plane | None) -> Plane | None:
        return None if plane is None else table[np.minimum(plane, len(table) - 1)]

    y = look_up(luma, planes.y)
    assert y is not None
    return Planes(
        y=y,
        u=look_up(chroma, planes.u),
        v=look_up(chroma, planes.v),
        alpha=look_up(opacity, planes.alpha),
        bits=bits,
        full_range=full_range,
        matrix=planes.matrix,
    )


def has_visible_color(planes: Planes) -> bool:
    """Whether a hundredth of the picture has a Cb or Cr beyond 0.02 (of 0.5), or a thousandth one beyond 0.1.

    Codec noise on black-and-white film stays below; a sepia tint, or a color logo in a corner, does not.
    """
    if planes.u is None or planes.v is None:
        return False
    _, _, span = _luma_span(planes.bits, planes.full_range)
    neutral = 2 ** (planes.bits - 1)
    away = cv2.max(*(cv2.absdiff(plane, neutral) for plane in (planes.u, planes.v)))
    return any(np.count_nonzero(away > limit * span) >= share * away.size for limit, share in _VISIBLE)
