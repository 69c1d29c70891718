"""The film's stream in an output: its encoder opened, its unit of time, its tags, and what cannot be kept."""

from fractions import Fraction
from functools import lru_cache

from av.container import OutputContainer
from av.error import FFmpegError
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from kinemacolor.errors import CodecError
from kinemacolor.io import codecs, pipe, pixels
from kinemacolor.io.base import OutputLayout
from kinemacolor.io.captions import KEEPS_CAPTIONS, captions_line
from kinemacolor.io.codecs import Encoder
from kinemacolor.io.encoder_limits import refusal
from kinemacolor.io.filters import filter_graph
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.scheduling import scheduling_kept

_CONSTANT_RATE = frozenset({"avi", "mxf", "yuv4mpegpipe", "mpeg"})
_CONSTANT_RATE_CODECS = frozenset({"mpeg1video", "mpeg2video", "mpeg4"})
MP4_FAMILY = frozenset({"mp4", "mov"})
_STARTS_BELOW_ZERO = frozenset({"matroska", "webm", "avi"})
_LARGEST_TIMESCALE = 2**31 - 1
STARTS_AT_ZERO = frozenset({"avi", "mxf"})
"""Containers that hold no start time: a late first frame would leave a hole behind it."""
_BOTTOM_FIRST, _TOP_CODED_BOTTOM_SHOWN = 3, 4
_CODES_FIELDS = frozenset({"libx264", "prores_ks", "mpeg2video", "mpeg4"})
_MARKS_FIELDS = _CODES_FIELDS | {"ffv1", "wrapped_avframe"}
_LIMITED_TAG, _FULL_TAG = 1, 2
_ASSUMED_RATE = Fraction(25)


def conversion_warnings(info: FilmInfo, layout: OutputLayout, encoder: Encoder, container: str) -> list[str]:
    """A line for all that the encoder cannot keep of the source's picture."""
    warnings = []
    if info.has_alpha and not pixels.layout_of(layout.pixel_format).has_alpha:
        warnings.append(f"{encoder.name} stores no alpha here, so it is left out. Use ffv1, prores-4444 or vp9.")
    if info.has_captions and encoder.name not in KEEPS_CAPTIONS:
        warnings.append(captions_line(info.path, encoder.name))
    if info.hdr and encoder.name != "libx265":
        warnings.append(f"{encoder.name} is not given the HDR mastering data. Use h265 to keep them.")
    if info.interlaced and encoder.name not in _MARKS_FIELDS:
        warnings.append(
            f"{encoder.name} cannot mark frames as interlaced, so players will not deinterlace them. "
            "Use h264, prores, mpeg2 or ffv1."
        )
    if codecs.has_no_settings(encoder):
        warnings.append(
            f"{encoder.name} encodes at its own usual quality, which may be low: nothing is set for it here. "
            "Use h264, h265, av1, vp9 or prores for one that is known."
        )
    wanted = info.subsampling if info.has_color else encoder.gray_subsampling
    if encoder.even and (info.height % wanted[0] or info.width % wanted[1]):
        kept = {(1, 1): "4:4:4", (1, 2): "4:2:2", (2, 1): "4:4:0"}.get(layout.subsampling, "more")
        warnings.append(
            f"{encoder.name} halves colors along even sides only, and {info.width}x{info.height} has an odd one: "
            f"they are stored whole ({kept}), which many players cannot show. Use av1, vp9 or prores instead."
        )
    if layout.bits < info.bits:
        warnings.append(
            f"{encoder.name} stores {layout.bits} bits here and the source has {info.bits}: luma is rounded. "
            "Use ffv1 to keep it."
        )
    if layout.full_range != info.full_range:
        names = {True: "full", False: "limited"}
        warnings.append(
            f"{encoder.name} in {container} has {names[layout.full_range]} range only: "
            f"luma is rescaled from {names[info.full_range]} range. Use ffv1 in mkv to keep it."
        )
    return warnings


def rate_of(info: FilmInfo) -> Fraction:
    """The frame rate, or 25 where the source has none."""
    return info.frame_rate or _ASSUMED_RATE


def time_base_for(container: str, encoder: Encoder, info: FilmInfo) -> Fraction:
    """The source's unit, so times stay exact, or one tick a frame where container or codec know only a rate."""
    if container in _CONSTANT_RATE or encoder.name in _CONSTANT_RATE_CODECS:
        return 1 / rate_of(info)
    if info.time_base.denominator > _LARGEST_TIMESCALE:
        return Fraction(1, 1_000_000)
    return info.time_base


def container_options(container: str, time_base: Fraction, *, free_tags: bool = False) -> dict[str, str]:
    """Settings of the muxer that keep times exact; with ``free_tags`` a MOV takes tags of any name."""
    if container in MP4_FAMILY:
        # edit lists count in the movie's time scale: at the default of 1/1000 a start time would be rounded
        scale = min(time_base.denominator, _LARGEST_TIMESCALE)
        flags = "+faststart+use_metadata_tags" if free_tags and container == "mov" else "+faststart"
        return {"movflags": flags, "movie_timescale": str(max(scale, 1000))}
    if container in _STARTS_BELOW_ZERO:
        # sound that begins before 0 (MP3 and AAC priming) would otherwise move the picture
        return {"avoid_negative_ts": "disabled"}
    return {"strict": "-1"} if container == pipe.FORMAT else {}


def layout_for(encoder: Encoder, container: str, info: FilmInfo, pixel_format: str | None = None) -> OutputLayout:
    """The planes that an encoder is given for this source. Raises ``CodecError`` as ``codecs.pixel_format_for``."""
    name = codecs.pixel_format_for(encoder, info, pixel_format)
    layout = pixels.layout_of(name)
    return OutputLayout(
        pixel_format=name,
        bits=layout.bits,
        full_range=codecs.output_range(encoder, container, info),
        matrix=codecs.output_matrix(encoder, info),
        subsampling=layout.subsampling,
        left_sited=info.chroma_location == "left",
    )


@lru_cache(maxsize=8)
def lossless_layout(info: FilmInfo) -> OutputLayout:
    """The planes that ``--codec ffv1`` stores of this source."""
    return layout_for(codecs.encoder_for("ffv1", "matroska", info, None), "matroska", info)


class FieldMarks:
    """Marks the frames of an interlaced film as such, so that players and editors deinterlace them."""

    def __init__(self, info: FilmInfo, pixel_format: str, time_base: Fraction) -> None:
        self._graphs: dict[bool, Graph] = {}
        if info.interlaced:
            order = "bff" if is_bottom_first(info) else "tff"
            modes = {True: order, False: "prog"}
            self._graphs = {each: _marking(info, pixel_format, time_base, mode) for each, mode in modes.items()}

    def marked(self, frame: VideoFrame, *, is_interlaced: bool) -> VideoFrame:
        """The frame with the same planes, marked as its source was; of a film that is not interlaced as it is."""
        graph = self._graphs.get(is_interlaced)
        if graph is None:
            return frame
        graph.push(frame)
        pulled = graph.pull()
        assert isinstance(pulled, VideoFrame)
        return pulled


def _marking(info: FilmInfo, pixel_format: str, time_base: Fraction, mode: str) -> Graph:
    """A filter that sets a mark: PyAV cannot, and a filter copies no samples."""
    return filter_graph(info, pixel_format, time_base, "setparams", f"field_mode={mode}")


def is_bottom_first(info: FilmInfo) -> bool:
    """Whether the lower field of an interlaced film is shown first."""
    return info.field_order in (_BOTTOM_FIRST, _TOP_CODED_BOTTOM_SHOWN)


def tags_of(info: FilmInfo, layout: OutputLayout) -> tuple[int, int, int, int]:
    """Primaries, transfer, matrix and range as stored; the matrix also where it had to be assumed or changed."""
    assumed = not info.has_color or pixels.layout_of(info.pixel_format).is_rgb
    missing = info.matrix_code in (pixels.RGB_MATRIX, pixels.UNSPECIFIED_MATRIX)
    if layout.matrix != info.matrix or (assumed and missing):
        matrix = pixels.matrix_code(layout.matrix)
    else:
        matrix = info.matrix_code
    limited = info.range_code if layout.full_range == info.full_range else _LIMITED_TAG
    return info.primaries, info.transfer, matrix, _FULL_TAG if layout.full_range else limited


def add_film(
    output: OutputContainer, encoder: Encoder, info: FilmInfo, layout: OutputLayout, time_base: Fraction
) -> VideoStream:
    """The film's stream, its encoder open. Raises ``CodecError`` where the encoder refuses."""
    stream = output.add_stream(encoder.name, rate=rate_of(info))
    assert isinstance(stream, VideoStream)
    context = stream.codec_context
    context.width, context.height = info.width, info.height
    context.pix_fmt = layout.pixel_format
    context.time_base = stream.time_base = time_base
    context.sample_aspect_ratio = info.sample_aspect
    context.color_primaries, context.color_trc, context.colorspace, context.color_range = tags_of(info, layout)
    if info.interlaced:
        context.field_order = info.field_order
    context.options = _options_of(encoder, info, layout)
    if info.display_matrix is not None:
        stream.set_display_matrix(info.display_matrix)
    try:
        with scheduling_kept():
            context.open()
    except (FFmpegError, ValueError) as error:
        raise CodecError(refusal(encoder.name, info, layout.pixel_format)) from error
    return stream


def _options_of(encoder: Encoder, info: FilmInfo, layout: OutputLayout) -> dict[str, str]:
    options = dict(encoder.options)
    flags = ""
    if (scale := options.pop("q", None)) is not None:
        # libav knows no "q": one quantizer for all frames, without which a bit rate of 200 kb/s would rule
        options["qmin"] = options["qmax"] = str(round(float(scale)))
        flags += "+qscale"
    if not layout.left_sited:
        options.setdefault("chroma_sample_location", "center")
    elif encoder.name == "wrapped_avframe":
        options.setdefault("chroma_sample_location", "left")  # y4m says JPEG siting where it is not told
    if info.interlaced and encoder.name in _CODES_FIELDS:
        flags += "+ildct+ilme"
    if flags:
        options["flags"] = options.get("flags", "") + flags
    if info.interlaced and encoder.name == "libx264":
        order = "bff=1" if is_bottom_first(info) else "tff=1"
        options["x264-params"] = f"{options['x264-params']}:{order}" if "x264-params" in options else order
    if encoder.name == "libx265" and info.hdr:
        hdr = ":".join(f"{name}={value}" for name, value in info.hdr)
        options["x265-params"] = f"{options['x265-params']}:{hdr}" if "x265-params" in options else hdr
    return options
