"""What a picture carries beside its samples: captions, turns, HDR, and marks that no output gets."""

import struct
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import atan2, degrees
from typing import cast

from av.sidedata.sidedata import SideData, SideDataContainer
from av.video.frame import VideoFrame

CAPTIONS = "A53_CC"
"""libav's name of closed captions."""
_LEFT_OUT_MARKS = {
    "AFD": "the active format description",
    "DOVI_RPU_BUFFER": "Dolby Vision metadata",
    "DOVI_METADATA": "Dolby Vision metadata",
    "DYNAMIC_HDR_PLUS": "HDR10+ metadata",
    "STEREO3D": "marks of stereo (3D)",
    "SPHERICAL": "marks of a spherical picture",
}
_NAMES_ITS_PROFILE = frozenset({"png", "apng"})
"""PyAV 18.1 hands the dictionary of a frame's side data to an object that frees it, so that libav frees it again: to
read ``frame.side_data`` of a picture with a named color profile (iCCP of PNG) ends the process. Our own reproduction:
save a PNG with ``icc_profile=``, decode it, take ``len(frame.side_data)``, delete the frame, collect garbage."""


def side_data(frame: VideoFrame, codec: str) -> dict[str, bytes]:
    """The data beside a decoded picture by libav's names, as far as PyAV can give them."""
    if codec in _NAMES_ITS_PROFILE:
        return {}
    try:
        # not ``frame.side_data``: a frame and its container keep each other, megabytes until the collector comes
        beside = SideDataContainer(frame)  # type: ignore[call-arg]  # PyAV's stubs leave the argument out
        # iterating yields the items themselves, whatever the mapping's type says
        items = cast(Iterable[SideData], beside)
    except ValueError:
        return {}  # PyAV raises where a frame carries a kind it has no name for (EXIF, in a TIFF)
    return {item.type.name: bytes(item) for item in items}


def marks_in(data: Mapping[str, bytes]) -> set[str]:
    """The marks in it that no output gets, in words."""
    return {words for kind in data if (words := _LEFT_OUT_MARKS.get(kind))}


def left_out_line(marks: str, path: str) -> str:
    """The line on marks within the picture's stream that the output does not get."""
    return f"Left out: {marks} in the picture's stream of {path}."


def rotation_of(matrix: tuple[int, ...] | None) -> int:
    """The clockwise turn in degrees of a display matrix (QuickTime file format, 'tkhd'), to the nearest quarter."""
    if matrix is None:
        return 0
    return round(degrees(atan2(matrix[1], matrix[0])) / 90) * 90 % 360


def display_matrix_of(data: Mapping[str, bytes]) -> tuple[int, ...] | None:
    """The nine numbers of the display matrix, None where there is none."""
    matrix = data.get("DISPLAYMATRIX")
    return None if matrix is None else struct.unpack("<9i", matrix[:36])


def mastering_of(data: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    """HDR side data in x265's notation: chromaticities in 0.00002, luminance in 0.0001 cd/m2 (SMPTE ST 2086)."""
    found = []
    if light := data.get("CONTENT_LIGHT_LEVEL"):
        found.append(("max-cll", "{},{}".format(*struct.unpack("<2I", light[:8]))))
    if (display := data.get("MASTERING_DISPLAY_METADATA")) and all(struct.unpack("<2i", display[80:88])):
        ratios = [Fraction(n, d or 1) for n, d in struct.iter_unpack("<2i", display[:80])]
        rx, ry, gx, gy, bx, by, wx, wy = (round(value * 50000) for value in ratios[:8])
        low, high = (round(value * 10000) for value in ratios[8:])
        found.append(("master-display", f"G({gx},{gy})B({bx},{by})R({rx},{ry})WP({wx},{wy})L({high},{low})"))
    return tuple(found)
