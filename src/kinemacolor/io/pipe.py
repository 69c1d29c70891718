"""y4m on stdin and stdout."""

import io
import sys
from dataclasses import replace

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from kinemacolor.errors import InputError, NotAVideoError
from kinemacolor.io import container as containers
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.signature import kind_of

FORMAT = "yuv4mpegpipe"
_HEADER_END = b"\n"
_CENTER_SITED = (b" C420jpeg", b" C420 ")


def _stdin() -> io.BufferedReader:
    stream = sys.stdin.buffer
    if not isinstance(stream, io.BufferedReader):
        raise InputError(
            "Standard input is not a pipe of bytes. Run: ffmpeg -i FILM -f yuv4mpegpipe - | kinemacolor ..."
        )
    return stream


def info_of_stdin() -> FilmInfo:
    """Description of the film on stdin by its y4m header. The frames can still be read afterwards.

    Raises ``NotAVideoError`` where stdin does not begin with a y4m header.
    """
    head = _stdin().peek(4096)
    header = head[: head.find(_HEADER_END) + 1]
    try:
        container = av.open(io.BytesIO(header), "r", format=FORMAT)
    except (FFmpegError, OSError) as error:
        found = kind_of(head) if head else "nothing"
        raise NotAVideoError(
            f"Standard input is not y4m: it looks like {found}. "
            "Pipe from: ffmpeg -i FILM -f yuv4mpegpipe -strict -1 -"
        ) from error
    with container:
        stream = container.streams.video[0]
        info = containers.describe_film(container, stream, _blank_frame(stream), None)
    if any(mark in header.replace(_HEADER_END, b" ") for mark in _CENTER_SITED):
        return replace(info, chroma_location="center")
    return info


def _blank_frame(stream: VideoStream) -> VideoFrame:
    """A frame that carries the stream's format and tags."""
    context = stream.codec_context
    frame = VideoFrame(context.width, context.height, context.pix_fmt or "yuv420p")
    frame.color_range = context.color_range
    return frame


def open_stdin() -> InputContainer:
    """Stdin, opened as y4m; it need not be seekable."""
    try:
        return av.open(_stdin(), "r", format=FORMAT)
    except (FFmpegError, OSError) as error:
        raise NotAVideoError("Standard input is not y4m. Pipe from: ffmpeg -i FILM -f yuv4mpegpipe -") from error
