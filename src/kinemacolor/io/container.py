"""A film's container, opened: which stream is the film, and what its headers and first frame say."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.codec import CodecContext
from av.codec.codec import UnknownCodecError
from av.container import InputContainer
from av.error import FFmpegError
from av.filter import Graph
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from kinemacolor.errors import InputError, NoVideoStreamError, TruncatedError, reason_of
from kinemacolor.io import pixels
from kinemacolor.io.clock import may_restart
from kinemacolor.io.cropping import crop_of
from kinemacolor.io.guard import open_file, packets_in
from kinemacolor.io.info import SOFT, ChapterInfo, FilmInfo, StreamInfo, fields_line, soft_line
from kinemacolor.io.regular import require_regular
from kinemacolor.io.side_data import (
    CAPTIONS,
    display_matrix_of,
    left_out_line,
    marks_in,
    mastering_of,
    rotation_of,
    side_data,
)
from kinemacolor.io.signature import missing_bytes, why_unreadable
from kinemacolor.io.telecine import film_rate, found_hard, is_soft, looks_hard, may_be_hard
from kinemacolor.io.time_limit import PROBE_SECONDS, TimeUpError, within
from kinemacolor.io.timeline import Timeline, timeline_of

BARE_FORMATS = frozenset(
    {"h264", "hevc", "vvc", "mpegvideo", "m4v", "mjpeg", "obu", "vc1", "h261", "h263", "dirac", "dv"}
)
"""Formats that are a codec's own stream, without a container's times."""
_RATELESS_FORMATS = frozenset({"mjpeg", "obu"})
"""Those of them whose codec says no rate either; FFmpeg assumes 25."""
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
_FASTEST_RATE, _USUAL_RATE = Fraction(1000), Fraction(25)
_ROUNDED_UP = Fraction(101, 100)
_TOP_FIRST_TYPE, _TOP_FIRST, _BOTTOM_FIRST = 1, 2, 3
_CENTER_SITED = frozenset({"mjpeg", "mpeg1video"})
COUNT_BELOW_BYTES = 2 * 2**30
"""Files up to this size have their packets counted; larger ones give the container's own number or an estimate.

Where a clock may start again (MPEG-PS and -TS) every file is: its times would be wrong without a word."""


def open_film(path: Path) -> InputContainer:
    """The file, opened for reading.

    Raises ``InputError`` (or one of its classes) that says what is wrong with the file.
    """
    try:
        require_regular(path)
        if not path.exists():
            raise InputError(f"{path} does not exist. Check the name and the folder.")
    except OSError as error:
        raise InputError(f"{path} cannot be read ({reason_of(error)}). Give the file of a film.") from error
    try:
        container = open_file(path)
    except PermissionError as error:
        raise InputError(f"{path} may not be read. Give yourself permission to read it.") from error
    except (FFmpegError, OSError) as error:
        raise why_unreadable(path) from error
    return container


def is_cover(stream: Stream) -> bool:
    """Whether a video stream is a cover picture."""
    return bool(stream.disposition & Disposition.attached_pic)


def film_stream(container: InputContainer, path: str) -> VideoStream:
    """The stream that is the film: no cover picture; marked as default, else ffmpeg's best.

    Raises ``NoVideoStreamError`` where there is none.
    """
    streams = [stream for stream in container.streams.video if not is_cover(stream)]
    if not streams:
        kinds = sorted({"a cover picture" if s.type == "video" else s.type for s in container.streams})
        found = " and ".join(kinds) if kinds else "nothing"
        raise NoVideoStreamError(f"{path} has no film: only {found}. Give a file with a video stream.")
    usable = [stream for stream in streams if stream.codec_context is not None]
    if not usable:
        raise InputError(f"{path}: no decoder is known for its video. Convert it with the program that made it.")
    default = [stream for stream in usable if stream.disposition & Disposition.default]
    best = container.streams.best("video")
    if len(default) == 1:
        return default[0]
    return best if isinstance(best, VideoStream) and best in (default or usable) else (default or usable)[0]


def alpha_decoder(stream: VideoStream) -> VideoCodecContext | None:
    """The decoder of a picture whose alpha lies beside it, as VP8 and VP9 in Matroska may have it; None for others.

    FFmpeg's own decoders leave it out, libvpx gives it. None too where libav was built without libvpx.
    """
    name = _ALPHA_DECODERS.get(stream.codec_context.codec.canonical_name)
    if name is None or not _has_alpha_beside(stream):
        return None
    try:
        decoder = CodecContext.create(name, "r")
    except UnknownCodecError:
        return None
    assert isinstance(decoder, VideoCodecContext)
    return decoder


def first_frame(container: InputContainer, stream: VideoStream, path: str) -> VideoFrame:
    """The first frame that decodes. Raises ``TruncatedError`` where none does."""
    for frame in _decodable(container, stream, alpha_decoder(stream)):
        return frame
    raise TruncatedError(f"{path} has a video stream but no frame that can be decoded. Copy or download it again.")


def _decodable(
    container: InputContainer, stream: VideoStream, decoder: VideoCodecContext | None
) -> Iterator[VideoFrame]:
    packets = packets_in(container, stream)
    while True:
        try:
            packet = next(packets)
            yield from stream.decode(packet) if decoder is None else decoder.decode(packet if packet.size else None)
        except StopIteration:
            return
        except FFmpegError:
            if packet.size == 0:
                return


def _side_streams(container: InputContainer, film: VideoStream) -> tuple[StreamInfo, ...]:
    streams = []
    for stream in container.streams:
        if stream.index == film.index:
            continue
        codec = getattr(stream, "name", None) or "unknown"
        if stream.type == "video":
            codec += " (cover)" if is_cover(stream) else ""
        elif stream.codec_context is not None:
            codec = stream.codec_context.name
        streams.append(StreamInfo(stream.type, codec, stream.language, stream.metadata.get("title")))
    return tuple(streams)


def _chapters(container: InputContainer) -> tuple[ChapterInfo, ...]:
    return tuple(
        ChapterInfo(chapter["metadata"].get("title", ""), chapter["start"] * tick, chapter["end"] * tick)
        for chapter in container.chapters()
        if (tick := chapter["time_base"])
    )


def _fraction(value: Fraction | None) -> Fraction | None:
    return value if value else None


def _has_alpha_beside(stream: VideoStream) -> bool:
    """Whether each packet has alpha as a second picture, as VP8 and VP9 in Matroska may."""
    return any(name.lower() == "alpha_mode" and value == "1" for name, value in stream.metadata.items())


def _field_order(frame: VideoFrame) -> int:
    """The order of an interlaced frame's fields as the frame itself says it; 0 where it says nothing."""
    if not frame.interlaced_frame:
        return 0
    # PyAV does not tell which field comes first; a filter lets pass what has the upper one first
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base or Fraction(1)
    )
    choice, sink = graph.add("select", rf"eq(interlace_type\,{_TOP_FIRST_TYPE})"), graph.add("buffersink")
    source.link_to(choice)
    choice.link_to(sink)
    graph.configure()
    graph.push(frame)
    try:
        graph.pull()
    except (BlockingIOError, EOFError):
        return _BOTTOM_FIRST
    return _TOP_FIRST


def _rate_of(container: InputContainer, stream: VideoStream) -> Fraction | None:
    """Frames a second: the mean that the container gives, or what the codec says where that mean is none.

    FFmpeg gives a bare stream 25 as its mean, and a film of a few frames the rate of its clock.
    No film's mean is above its base rate, at which all its times are whole.
    """
    mean, base = _fraction(stream.average_rate), _fraction(stream.base_rate)
    told = _fraction(stream.guessed_rate) or base
    if mean is None or container.format.name in BARE_FORMATS or (base is not None and mean > base * _ROUNDED_UP):
        return told or mean
    return mean


def _assumed(rate: Fraction | None, timeline: Timeline | None, time_base: Fraction) -> Fraction | None:
    """The rate of a film whose frames follow each other faster than any film's: its codec's, else 25; else None.

    An AVI whose header was written wrong is such a film.
    """
    times = timeline.times if timeline is not None else ()
    if len(times) < 2 or (times[-1] - times[0]) * time_base * _FASTEST_RATE >= len(times) - 1:
        return None
    return rate if rate is not None and rate <= _FASTEST_RATE else _USUAL_RATE


def _duration(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    return Fraction(container.duration, av.time_base) if container.duration else None


def _crop_warnings(path: Path, info: FilmInfo) -> tuple[str, ...]:
    crop = crop_of(path, info.stream_index, (info.height, info.width))
    if crop is None:
        return ()
    shown = f"{info.width - crop.left - crop.right}x{info.height - crop.top - crop.bottom}"
    return (
        f"{info.path} says that players cut its {info.width}x{info.height} to {shown} ({crop.top} rows above, "
        f"{crop.bottom} below, {crop.left} columns left, {crop.right} right). The whole picture is colored and "
        "written; that mark is left out.",
    )


def _late_lines(path: str, timeline: Timeline | None) -> tuple[str, ...]:
    if timeline is None or not timeline.has_late_streams:
        return ()
    return (f"Left out: a stream that begins in the middle of {path}. Cut the file there and color the parts.",)


def _warnings(container: InputContainer, film: VideoStream, info: FilmInfo) -> tuple[str, ...]:
    warnings = []
    others = [s for s in container.streams.video if s.index != film.index and not is_cover(s)]
    if others:
        warnings.append(f"{info.path} has {len(others) + 1} video streams. Stream {film.index} is taken.")
    if container.format.name in _RATELESS_FORMATS and info.frame_rate:
        warnings.append(f"{info.path} says no frame rate. {info.frame_rate} frames a second are assumed.")
    if info.assumed_rate is not None:
        warnings.append(
            f"{info.path} has times by which more than {_FASTEST_RATE} frames are shown in a second, which is wrong. "
            f"{float(info.assumed_rate):g} a second are assumed; say another rate with --frame-rate."
        )
    if info.restarts:
        count = len(info.restarts)
        times = "once" if count == 1 else f"{count} times"
        warnings.append(f"{info.path}: its clock starts again {times}. The parts are placed one after the other.")
    if info.interlaced:
        warnings.append(fields_line(info.path))
    if info.telecine == SOFT:
        warnings.append(soft_line(info))
    if info.alpha_beside:
        warnings.append(
            f"Left out: the alpha of {info.path}, which lies beside its {info.codec} picture. "
            "Convert the film to ProRes 4444 or FFV1 with alpha to keep it."
        )
    if info.missing_bytes:
        warnings.append(f"{info.path} ends early: {info.missing_bytes} bytes are missing at its end.")
    return tuple(warnings)


def probe_film(path: Path) -> tuple[FilmInfo, Timeline | None]:
    """The headers and the first frame of a film, described, and its timeline (None if it is too large to be counted).

    Raises ``InputError`` where there is no film to read.
    """
    info, timeline = _probed(path)
    if info.telecine or not may_be_hard(info):
        return info, timeline
    with open_film(path) as container:
        frames = _decodable(container, film_stream(container, str(path)), None)
        return (found_hard(info) if looks_hard(frames, info) else info), timeline


def _probed(path: Path) -> tuple[FilmInfo, Timeline | None]:
    try:
        container, stream, frame = within(PROBE_SECONDS, lambda: _begun(path))
    except TimeUpError as error:
        raise InputError(f"{path} cannot be used as a film ({error}). Convert it, or copy it again.") from error
    with container:
        is_counted = path.stat().st_size <= COUNT_BELOW_BYTES or may_restart(container)
        timeline = timeline_of(path, stream.index) if is_counted else None
        info = describe_film(container, stream, frame, path, timeline)
        if info.container in BARE_FORMATS and timeline is not None and info.frame_rate is not None:
            timeline = timeline.regular(info.frame_rate, info.time_base)
            info = replace(info, start_seconds=Fraction(0))
        return info, timeline


def _begun(path: Path) -> tuple[InputContainer, VideoStream, VideoFrame]:
    """The open film, its stream and its first frame."""
    container = open_film(path)
    try:
        stream = film_stream(container, str(path))
        stream.thread_type = "SLICE"
        return container, stream, first_frame(container, stream, str(path))
    except BaseException:
        container.close()
        raise


def describe_film(
    container: InputContainer,
    stream: VideoStream,
    frame: VideoFrame,
    path: Path | None,
    timeline: Timeline | None = None,
) -> FilmInfo:
    """FilmInfo of an open film and its first frame; ``path`` is None for a pipe or a picture."""
    name = str(path) if path is not None else "-"
    codec = stream.codec_context.codec.canonical_name
    layout = pixels.layout_of(frame.format.name)
    telecine = SOFT if timeline is not None and is_soft(timeline) else ""
    rate = film_rate(_fraction(stream.guessed_rate)) if telecine else _rate_of(container, stream)
    telecine = "" if container.format.name in BARE_FORMATS else telecine  # its times are ours, and even
    duration = _duration(container, stream) if path is not None else None
    if timeline is not None and timeline.restarts and timeline.times and stream.time_base:
        duration = (timeline.times[-1] + timeline.lasting - timeline.times[0]) * stream.time_base
    told = 0 if path is None else stream.frames or round((duration or 0) * (rate or 0))
    counted = told if timeline is None else timeline.frames
    data = side_data(frame, codec) if path is not None else {}
    matrix = display_matrix_of(data)
    time_base = frame.time_base or stream.time_base
    assert time_base is not None
    info = FilmInfo(
        path=name,
        container=container.format.name,
        codec=codec,
        width=frame.width,
        height=frame.height,
        pixel_format=frame.format.name,
        bits=layout.bits,
        full_range=layout.is_rgb or pixels.is_full_range(frame.color_range, frame.format.name, codec),
        matrix=pixels.matrix_of(int(frame.colorspace), frame.height, is_rgb=layout.is_rgb),
        has_color=layout.has_chroma,
        subsampling=layout.subsampling,
        has_captions=CAPTIONS in data,
        has_alpha=layout.has_alpha,
        alpha_beside=_has_alpha_beside(stream) and not layout.has_alpha,
        frame_rate=rate,
        assumed_rate=_assumed(rate, timeline, time_base),
        time_base=time_base,
        frames=counted or None,
        frames_exact=timeline is not None and counted > 0,
        duration_seconds=duration,
        start_seconds=(frame.pts or 0) * time_base,
        sample_aspect=_fraction(stream.sample_aspect_ratio) or Fraction(1),
        rotation_degrees=rotation_of(matrix),
        display_matrix=matrix,
        interlaced=frame.interlaced_frame or stream.codec_context.field_order > 1,
        marked_by_frame=frame.interlaced_frame,
        field_order=_field_order(frame) or stream.codec_context.field_order,
        telecine=telecine,
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
        matrix_code=int(frame.colorspace),
        range_code=int(frame.color_range),
        chroma_location="center" if codec in _CENTER_SITED else "left",
        hdr=mastering_of(data),
        streams=_side_streams(container, stream),
        chapters=_chapters(container),
        missing_bytes=missing_bytes(path) if path is not None else 0,
        stream_index=stream.index,
        restarts=timeline.restarts if timeline is not None else (),
        last_frame_seconds=timeline.last_ticks * time_base if timeline is not None and timeline.last_ticks else None,
    )
    lines = (*_warnings(container, stream, info), *_late_lines(info.path, timeline))
    if path is not None:
        marks = sorted(marks_in(data))
        lines += (*_crop_warnings(path, info), *(left_out_line(each, info.path) for each in marks))
    return replace(info, warnings=lines)
