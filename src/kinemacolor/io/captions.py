"""Closed captions (CEA-608 and 708, as ATSC A/53 puts them into the picture's stream) laid beside made frames.

PyAV reads a frame's side data and has no way to set them. A picture of 16x16 in MPEG-2 takes captions as user data,
its decoder lays them beside the frame, and libav's scaler keeps them there: so a frame of any size and format gets
them.
"""

from fractions import Fraction
from functools import cache

from av.codec import CodecContext
from av.filter import Graph
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.format import VideoFormat
from av.video.frame import PictureType, VideoFrame

from kinemacolor.io.filters import linked
from kinemacolor.io.side_data import left_out_line

KEEPS_CAPTIONS = frozenset({"libx264", "libx265", "mpeg2video", "h264_nvenc", "hevc_nvenc"})
"""Encoders that write a frame's captions into their stream."""

_MOST = 31
"""How many triples of bytes a picture's captions have at most: their number has five bits."""
_TRIPLE_BYTES = 3
_SIDE = 16
_SLICE = b"\0\0\1\1"
_USER_DATA = b"\0\0\1\xb2GA94\x03"
_PROCESSED, _MARKER = 0x40, b"\xff"


def captions_line(path: str, encoder: str) -> str:
    """The line on captions that an encoder does not keep."""
    return left_out_line("closed captions (CEA-608 or 708)", path)[:-1] + (
        f": {encoder} has no place for them. Use --codec h264, h265 or mpeg2 to keep them."
    )


class CaptionCarrier:
    """Frames of one size and format that carry captions, to be filled with samples."""

    def __init__(self, size: tuple[int, int], pixel_format: str) -> None:
        height, width = size
        self._decoder = CodecContext.create("mpeg2video", "r")
        self._decoder.thread_count = 1
        self._decoder.options = {"flags": "+low_delay"}
        self._graph = Graph()
        source = self._graph.add_buffer(
            width=_SIDE, height=_SIDE, format=VideoFormat("yuv420p"), time_base=Fraction(1, 25)
        )
        scale = self._graph.add("scale", f"{width}:{height}:flags=neighbor")
        linked(
            self._graph,
            source,
            scale,
            self._graph.add("format", pixel_format),
            self._graph.add("sidedata", "mode=delete:type=GOP_TIMECODE"),
            self._graph.add("buffersink"),
        )
        self._waiting = b""

    def frame(self, captions: bytes) -> VideoFrame | None:
        """A frame with these captions, and what the pictures before had too much; None where there are none."""
        waiting = self._waiting + captions
        now, self._waiting = waiting[: _MOST * _TRIPLE_BYTES], waiting[_MOST * _TRIPLE_BYTES :]
        if not now:
            return None
        before, after = _picture()
        head = _USER_DATA + bytes((_PROCESSED | len(now) // _TRIPLE_BYTES, 0xFF))
        (small,) = self._decoder.decode(Packet(before + head + now + _MARKER + after))
        self._graph.push(small)
        carrier = self._graph.pull()
        assert isinstance(carrier, VideoFrame)
        carrier.pict_type = PictureType.NONE  # else each would be made a key frame
        return carrier


@cache
def _picture() -> tuple[bytes, bytes]:
    """A picture in MPEG-2: what comes before the place for user data, and what comes after."""
    encoder = CodecContext.create("mpeg2video", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width = encoder.height = _SIDE
    encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, 25), Fraction(25)
    encoder.options = {"g": "1", "flags": "+low_delay+bitexact"}
    frame = VideoFrame(_SIDE, _SIDE, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.pts = 0
    data = b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))
    before, _, after = data.partition(_SLICE)
    return before, _SLICE + after
