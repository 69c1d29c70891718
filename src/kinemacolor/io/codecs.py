"""Choice of encoder, settings and pixel format for a container and a source."""

import io
import os
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

import av
from av.codec import Codec
from av.codec.codec import UnknownCodecError
from av.video.format import VideoFormat

from kinemacolor.errors import CodecError
from kinemacolor.frames import Matrix
from kinemacolor.io import pixels
from kinemacolor.io.encoder_limits import dv_format, is_refused, require_rate, require_size
from kinemacolor.io.info import FilmInfo

_DELIVERY, _STUDIO, _ARCHIVE = (2, 2), (1, 2), (1, 1)


@dataclass(frozen=True)
class Encoder:
    """An encoder and its settings.

    ``quality_option`` is the option that ``--quality`` sets (None: it has none). ``gray_subsampling`` is taken where
    the source has no chroma of its own. ``formats`` limits the pixel formats (a profile), None leaves all the
    encoder's. ``even``: sides that its chroma halves must be even. ``any_range``: full range can be marked.
    ``qualities``: the least and the greatest value that ``--quality`` may have.
    """

    name: str
    options: dict[str, str] = field(default_factory=dict)
    quality_option: str | None = None
    gray_subsampling: tuple[int, int] = _DELIVERY
    formats: tuple[str, ...] | None = None
    even: bool = False
    any_range: bool = True
    qualities: tuple[int, int] = (0, 51)


_PRORES = {"vendor": "apl0"}
# x264's macroblock tree otherwise reads what lies beside small pictures: the same frames gave different films
_X264 = {"preset": "faster", "crf": "16", "x264-params": "cpu-independent=1"}
_X265 = {"preset": "medium", "crf": "18", "x265-params": "log-level=error", "a53cc": "1"}

_ENCODERS: dict[str, Encoder] = {
    "h264": Encoder("libx264", _X264, "crf", even=True),
    "h265": Encoder("libx265", _X265, "crf", even=True),
    "av1": Encoder("libsvtav1", {"preset": "8", "crf": "24"}, "crf", qualities=(1, 63)),
    "vp9": Encoder(
        "libvpx-vp9",
        {"crf": "20", "b": "0", "deadline": "good", "cpu-used": "3", "row-mt": "1", "tile-columns": "2"},
        "crf",
        qualities=(0, 63),
    ),
    "prores": Encoder(
        "prores_ks",
        {**_PRORES, "profile": "3"},
        "profile",
        _STUDIO,
        ("yuv422p10le",),
        any_range=False,
        qualities=(0, 3),
    ),
    "prores-4444": Encoder(
        "prores_ks", {**_PRORES, "profile": "4"}, None, _ARCHIVE, ("yuv444p10le", "yuva444p10le"), any_range=False
    ),
    "dnxhr": Encoder("dnxhd", {}, None, _STUDIO, None, any_range=False),
    "dnxhr-sq": Encoder("dnxhd", {"profile": "dnxhr_sq"}, None, _STUDIO, ("yuv422p",), any_range=False),
    "dnxhr-hq": Encoder("dnxhd", {"profile": "dnxhr_hq"}, None, _STUDIO, ("yuv422p",), any_range=False),
    "dnxhr-hqx": Encoder("dnxhd", {"profile": "dnxhr_hqx"}, None, _STUDIO, ("yuv422p10le",), any_range=False),
    "dnxhr-444": Encoder("dnxhd", {"profile": "dnxhr_444"}, None, _ARCHIVE, ("yuv444p10le",), any_range=False),
    "ffv1": Encoder("ffv1", {"level": "3", "slicecrc": "1", "g": "1"}, None, _ARCHIVE),
    "mpeg4": Encoder("mpeg4", {"q": "2"}, "q", any_range=False, qualities=(1, 31)),
    "mpeg2": Encoder("mpeg2video", {"q": "2"}, "q", any_range=False, qualities=(1, 31)),
    "mjpeg": Encoder("mjpeg", {"q": "2", "strict": "unofficial"}, "q", qualities=(1, 31)),
    "dv": Encoder("dvvideo", {}, None, any_range=False),
    "y4m": Encoder("wrapped_avframe", {"strict": "-1"}, None, _ARCHIVE),
}
_ALIASES = {
    "x264": "h264", "avc": "h264", "libx264": "h264",
    "x265": "h265", "hevc": "h265", "libx265": "h265",
    "svt-av1": "av1", "libsvtav1": "av1", "libvpx-vp9": "vp9",
    "prores-hq": "prores", "prores_ks": "prores", "dnxhd": "dnxhr", "mpeg2video": "mpeg2",
    "dvvideo": "dv", "libxvid": "mpeg4", "xvid": "mpeg4", "divx": "mpeg4", "libaom-av1": "av1",
}  # fmt: skip
_FORMATS = {
    ".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".qt": "mov", ".mkv": "matroska", ".webm": "webm", ".avi": "avi",
    ".mxf": "mxf", ".ts": "mpegts", ".m2ts": "mpegts", ".mts": "mpegts", ".mpg": "mpeg", ".mpeg": "mpeg",
    ".nut": "nut", ".flv": "flv", ".y4m": "yuv4mpegpipe", ".mka": "matroska",
}  # fmt: skip
_DEFAULTS = {
    "webm": "av1", "avi": "mpeg4", "mxf": "dnxhr", "mpeg": "mpeg2", "nut": "ffv1", "yuv4mpegpipe": "y4m",
}  # fmt: skip
_ONLY = {
    "mpegts": {"libx264", "libx265", "mpeg2video", "mpeg4", "h264_nvenc", "hevc_nvenc"},
    "mpeg": {"mpeg2video"},
    "mxf": {"dnxhd", "mpeg2video", "prores_ks"},
    "yuv4mpegpipe": {"wrapped_avframe"},
}
_IN_BAND_RANGE = frozenset({"libx264", "libx265", "libsvtav1", "libvpx-vp9", "h264_nvenc", "hevc_nvenc", "av1_nvenc"})
_MARKS_RANGE = frozenset({"matroska", "webm", "mp4", "yuv4mpegpipe"})
_SUGGESTED = {"mp4": ".mp4", "mov": ".mov", "matroska": ".mkv", "webm": ".webm", "avi": ".avi", "mxf": ".mxf"}


def container_of(output: Path) -> str:
    """The muxer of a file name. Raises ``CodecError`` for an ending that means no film container."""
    name = _FORMATS.get(output.suffix.lower())
    if name is None:
        known = ", ".join(sorted(_FORMATS))
        raise CodecError(f"'{output.name}' does not end like a film. Use one of {known}.")
    return name


@lru_cache(maxsize=64)
def _takes(container: str, encoder: str) -> bool:
    """Whether the muxer takes the encoder's output; ``_ONLY`` speaks for muxers that refuse nothing."""
    if is_refused(container, encoder):
        return False
    if container in _ONLY:
        return encoder in _ONLY[container]
    with av.open(io.BytesIO(), "w", format=container) as muxer:
        try:
            muxer.add_stream(encoder)
        except ValueError:
            return False
    return True


def containers_for(encoder: str, *, but: str = "") -> str:
    """File name endings that take an encoder's output, for messages; not the one of the container ``but``."""
    endings = (ending for name, ending in _SUGGESTED.items() if name != but and _takes(name, encoder))
    return " or ".join(endings) or ".nut"


def encoder_for(codec: str | None, container: str, info: FilmInfo, quality: float | None) -> Encoder:
    """The encoder and its settings.

    Raises ``CodecError`` for an unknown codec, one that the container does not take, one that does not store such a
    picture, and a quality it has no use for.
    """
    wanted = (codec or _DEFAULTS.get(container, "h264")).lower()
    name = _ALIASES.get(wanted, wanted)
    encoder = _ENCODERS.get(name) or _encoder_by_name(wanted)
    _require_planes(encoder)
    if not _takes(container, encoder.name):
        good = _DEFAULTS.get(container, "h264")
        raise CodecError(
            f"{container} cannot hold {wanted}. Write it to {containers_for(encoder.name)}, or use --codec {good}."
        )
    require_rate(container, info)
    require_size(encoder.name, info)
    if name == "dnxhr":
        encoder = _dnxhr_for(info)
    if name == "dv":
        encoder = replace(encoder, formats=(dv_format(info),))
    if encoder.name == "libsvtav1":
        os.environ.setdefault("SVT_LOG", "1")  # errors only: it prints a banner to stderr otherwise
    return _with_quality(encoder, wanted, quality)


def output_range(encoder: Encoder, container: str, info: FilmInfo) -> bool:
    """Whether the output is full range: as the source, where the codec or the container can say so."""
    if encoder.name == "mjpeg":
        return True
    marked = encoder.name in _IN_BAND_RANGE or (encoder.any_range and container in _MARKS_RANGE)
    return info.full_range and marked


def output_matrix(encoder: Encoder, info: FilmInfo) -> Matrix:
    """The matrix that the chroma planes are to be made with: the source's, but DNxHR's header says BT.709 always."""
    return "bt709" if encoder.name == "dnxhd" else info.matrix


def _encoder_by_name(name: str) -> Encoder:
    try:
        found = Codec(name, "w")
    except UnknownCodecError:
        known = ", ".join(sorted(_ENCODERS))
        near = get_close_matches(name, (*_ENCODERS, *_ALIASES), 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise CodecError(f"There is no encoder '{name}' here.{meant} Use one of {known}.") from None
    if found.type != "video":
        raise CodecError(f"'{name}' does not encode video. Use one of {', '.join(sorted(_ENCODERS))}.")
    return Encoder(found.name, {}, None, _ARCHIVE if found.lossless and not found.lossy else _DELIVERY)


def _dnxhr_for(info: FilmInfo) -> Encoder:
    return _ENCODERS["dnxhr-hq" if info.bits <= 8 else "dnxhr-hqx"]


def _with_quality(encoder: Encoder, wanted: str, quality: float | None) -> Encoder:
    if quality is None:
        return encoder
    if encoder.quality_option is None:
        raise CodecError(f"{wanted} has no quality setting, so --quality {quality:g} means nothing. Leave it out.")
    least, most = encoder.qualities
    if not least <= quality <= most:
        what = "profile" if encoder.quality_option == "profile" else "quality, from best to worst,"
        raise CodecError(f"{wanted} has no quality {quality:g}. Its {what} is a number from {least:g} to {most:g}.")
    return replace(encoder, options={**encoder.options, encoder.quality_option: f"{quality:g}"})


def _fits(fmt: pixels.PixelLayout, encoder: Encoder, info: FilmInfo) -> bool:
    rows, columns = fmt.subsampling
    return not encoder.even or (info.height % rows == 0 and info.width % columns == 0)


def _cost(fmt: pixels.PixelLayout, bits: int, subsampling: tuple[int, int], alpha: bool) -> tuple[int, ...]:
    """Losses of a pixel format against the wanted one, worst first, then what it wastes."""
    lost_bits = max(0, bits - fmt.bits)
    lost_chroma = sum(max(0, a - b) for a, b in zip(fmt.subsampling, subsampling))
    extra_chroma = sum(max(0, b - a) for a, b in zip(fmt.subsampling, subsampling))
    return (
        lost_bits,
        int(alpha and not fmt.has_alpha),
        lost_chroma,
        fmt.bits,
        extra_chroma,
        int(fmt.has_alpha > alpha),
    )


def pixel_format_for(encoder: Encoder, info: FilmInfo, wanted: str | None) -> str:
    """The encoder's pixel format nearest to the source: depth first, then alpha, then chroma sampling.

    Raises ``CodecError`` for a wanted one that the encoder, the picture's size, or the luma promise refuses.
    """
    listed = encoder.formats or _formats_of(encoder.name)
    candidates = {name: layout for name in listed or _any_formats(info) if (layout := _planar(name)) is not None}
    possible = {name: layout for name, layout in candidates.items() if _fits(layout, encoder, info)}
    if not possible:
        raise CodecError(
            f"{encoder.name} cannot store {info.width}x{info.height}: its sides must be even. Use --codec ffv1."
        )
    if wanted is not None:
        if wanted not in possible:
            raise CodecError(f"{encoder.name} does not take pixel format '{wanted}' here. Use {', '.join(possible)}.")
        return wanted
    own = info.has_color and not pixels.layout_of(info.pixel_format).is_rgb
    subsampling = info.subsampling if own else encoder.gray_subsampling
    return min(possible, key=lambda name: _cost(possible[name], info.bits, subsampling, info.has_alpha))


def _formats_of(encoder: str) -> tuple[str, ...]:
    return tuple(fmt.name for fmt in Codec(encoder, "w").video_formats or ())


def _require_planes(encoder: Encoder) -> None:
    """Raises ``CodecError`` for an encoder of RGB or palettes only, into which no luma plane goes as it is."""
    listed = encoder.formats or _formats_of(encoder.name)
    if listed and not any(_planar(name) for name in listed):
        raise CodecError(
            f"{encoder.name} stores no luma apart from the colors ({', '.join(listed[:4])}), and a film's luma is to "
            "stay as it is. Use --codec ffv1, or write pictures (an output such as out/%06d.png)."
        )


def _any_formats(info: FilmInfo) -> tuple[str, ...]:
    """Formats for raw video, whose encoder lists none."""
    return tuple(pixels.planar_name(sub, info.bits) for sub in ((1, 1), (1, 2), (2, 2)))


def _planar(name: str) -> pixels.PixelLayout | None:
    """The layout of a planar Y'CbCr format; None for all others, which would not take the luma plane as it is."""
    if not VideoFormat(name).components:
        return None  # frames that live in a graphics card (cuda)
    layout = pixels.layout_of(name)
    return layout if layout.planar_name == name and layout.has_chroma and not layout.is_rgb else None
