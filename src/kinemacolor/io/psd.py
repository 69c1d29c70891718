"""The merged picture of a Photoshop document of 16 bits a channel, which Pillow does not read, by libav's decoder.

Adobe, Photoshop File Formats Specification: a header of 26 bytes, then three sections that begin with their length:
the table of an indexed picture, resources (the color profile is number 1039), layers; then the merged picture.
"""

import struct

import av
import numpy as np
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from PIL import Image

from kinemacolor.errors import UnreadableImageError, reason_of

_HEAD_BYTES = 26
_DEPTH_PLACE = 22
_PROFILE = 1039
_READ_BITS = 16


def is_deep_psd(data: bytes) -> bool:
    """Whether it is a Photoshop document (not a PSB) of 16 bits a channel."""
    return data.startswith(b"8BPS\0\1") and _bits(data) == _READ_BITS


def _bits(data: bytes) -> int:
    return int(struct.unpack_from(">H", data, _DEPTH_PLACE)[0]) if len(data) >= _HEAD_BYTES else 0


def read_deep_psd(name: str, data: bytes) -> Image.Image:
    """The merged picture with 8 bits a channel, its color profile as ``icc_profile`` of ``info``.

    Raises ``UnreadableImageError`` where it is damaged or of a kind that libav does not read.
    """
    decoder = av.CodecContext.create("psd", "r")
    assert isinstance(decoder, VideoCodecContext)
    try:
        frames = [*decoder.decode(Packet(data)), *decoder.decode(None)]
    except (FFmpegError, ValueError) as error:
        raise UnreadableImageError(
            f"{name} is a Photoshop document that cannot be read ({reason_of(error)}). Save it as 16-bit PNG or TIFF."
        ) from error
    if not frames:
        raise UnreadableImageError(f"{name} is cut off or damaged. Copy or save it again.")
    frame = frames[0]
    has_alpha = any(component.is_alpha for component in frame.format.components)
    is_gray = len(frame.format.components) - has_alpha == 1
    if is_gray and not has_alpha:
        values = frame.to_ndarray(format="gray16le")
    else:
        values = frame.to_ndarray(format="rgba64le" if has_alpha else "rgb48le")
    flat = ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    image = Image.fromarray(flat)
    if (profile := _profile_of(data)) is not None:
        image.info["icc_profile"] = profile
    return image


def _profile_of(data: bytes) -> bytes | None:
    """The color profile among the document's resources."""
    try:
        (length,) = struct.unpack_from(">I", data, _HEAD_BYTES)
        place = _HEAD_BYTES + 4 + length
        (length,) = struct.unpack_from(">I", data, place)
        place, end = place + 4, place + 4 + length
        while place + 12 <= end and data[place : place + 4] == b"8BIM":
            (number, name_length) = struct.unpack_from(">HB", data, place + 4)
            place += 6 + (name_length + 2) // 2 * 2
            (size,) = struct.unpack_from(">I", data, place)
            if number == _PROFILE:
                return data[place + 4 : place + 4 + size]
            place += 4 + size + size % 2
    except struct.error:
        return None
    return None
