"""The limits of encoders and containers, asked before the work: sizes, rates, and what each needs of the machine."""

from fractions import Fraction

from kinemacolor.errors import CodecError
from kinemacolor.io.info import FilmInfo

Sides = tuple[int, int]
"""Height and width in pixels."""

_UNLIMITED: tuple[Sides, Sides] = (1, 1), (2**31, 2**31)
_SIDES: dict[str, tuple[Sides, Sides]] = {
    "libx264": ((1, 1), (16384, 16384)),
    # on some sizes below its block size x265 overruns its memory
    "libx265": ((64, 64), (2**31, 2**31)),
    "libsvtav1": ((4, 4), (8704, 16384)),
    "libvpx": ((1, 1), (16383, 16383)),
    "libvpx-vp9": ((1, 1), (65535, 65535)),
    "mpeg4": ((1, 1), (8191, 8191)),
    "mpeg2video": ((1, 1), (8191, 8191)),
    "dnxhd": ((120, 256), (2**31, 2**31)),
}
"""The least and the greatest sides that an encoder stores."""

_DV = {(576, 720): (Fraction(25), "yuv420p"), (480, 720): (Fraction(30000, 1001), "yuv411p")}
_MXF_RATES = frozenset(
    {Fraction(rate) for rate in (24, 25, 30, 48, 50, 60)} | {Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60)}
)
_HARDWARE = ("_nvenc", "_vaapi", "_qsv", "_amf", "_videotoolbox", "_v4l2m2m", "_mf", "_vulkan", "_d3d12va")
_REFUSED = frozenset({("mov", "libsvtav1"), ("matroska", "rawvideo"), ("webm", "rawvideo")})
"""Pairs that only the muxer's header says no to."""


def is_refused(container: str, encoder: str) -> bool:
    """Whether a container takes an encoder's stream at first and refuses it when its header is written."""
    return (container, encoder) in _REFUSED


def dv_format(info: FilmInfo) -> str:
    """The pixel format of a DV tape of this picture's size."""
    return _DV.get((info.height, info.width), (None, "yuv420p"))[1]


def require_size(encoder: str, info: FilmInfo) -> None:
    """Raises ``CodecError`` where an encoder does not store pictures of this size."""
    least, most = _SIDES.get(encoder, _UNLIMITED)
    own = f"{info.width}x{info.height}"
    if info.height < least[0] or info.width < least[1]:
        other = "h264 or ffv1, which store any size" if encoder != "libx264" else "ffv1"
        raise CodecError(
            f"{encoder} cannot store {own}: its sides must be {least[1]} or more across and {least[0]} or more down. "
            f"Use --codec {other}."
        )
    if info.height > most[0] or info.width > most[1]:
        raise CodecError(
            f"{encoder} cannot store {own}: its pictures have up to {most[1]}x{most[0]} pixels. "
            "Use --codec ffv1 in .mkv."
        )
    if encoder == "dvvideo":
        _require_dv(info)


def _require_dv(info: FilmInfo) -> None:
    rate, _ = _DV.get((info.height, info.width), (None, ""))
    if rate is None or rate != info.frame_rate:
        speed = f" at {float(info.frame_rate):g} frames a second" if info.frame_rate else ""
        raise CodecError(
            f"DV cannot store {info.width}x{info.height}{speed}: it has 720x576 at 25 and 720x480 at 29.97 frames a "
            "second, and nothing else. Use --codec prores or h264."
        )


def require_rate(container: str, info: FilmInfo) -> None:
    """Raises ``CodecError`` where a container has no such frame rate."""
    if container == "mxf" and info.frame_rate is not None and info.frame_rate not in _MXF_RATES:
        raise CodecError(
            f"mxf cannot hold {float(info.frame_rate):g} frames a second: it has 24, 25, 30, 48, 50 and 60, and "
            "23.976, 29.97, 47.952 and 59.94. Write to .mov instead."
        )


def refusal(encoder: str, info: FilmInfo, pixel_format: str) -> str:
    """The words on an encoder that does not open, for a reason that it does not tell."""
    if encoder.endswith(_HARDWARE):
        return (
            f"{encoder} needs the graphics card that it is made for, with its driver, and none answers here. "
            "Use --codec h264, h265 or av1."
        )
    return (
        f"{encoder} cannot encode {info.width}x{info.height} {pixel_format}: it has sizes, rates or settings of its "
        "own. Use --codec ffv1 in .mkv, or h264."
    )
