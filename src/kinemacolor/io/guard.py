"""Decoders held on a short lead: for every film and picture that may come from anybody.

The formats that libav may open and its words on damage, and what Pillow, libpng and libtiff raise and print.
"""

import os
import struct
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import av
from av import logging
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

REFERRING_FORMATS = frozenset(
    {"hls", "concat", "dash", "imf", "rtsp", "rtp", "sdp", "sap", "lavfi", "ffmetadata", "tty", "image2", "data",
     "vapoursynth", "webm_dash_manifest", "svg_pipe", "alsa", "fbdev", "kmsgrab", "video4linux2", "v4l2", "bin",
     "adf", "idf"}
)  # fmt: skip
"""Lists that name other files, devices, networks and scripts, and text drawn as a film: never opened."""

_TS_BYTES, _TS_SYNC = 188, 0x47
_SHORT_BYTES = 2**14

_PICTURE_FORMATS = (
    "png_pipe", "apng", "jpeg_pipe", "mjpeg", "mpjpeg", "tiff_pipe", "bmp_pipe", "webp_pipe", "dpx_pipe", "pgm_pipe",
    "ppm_pipe", "pbm_pipe", "pam_pipe", "pfm_pipe", "pgmyuv_pipe", "j2k_pipe", "sgi_pipe", "exr_pipe", "jpegls_pipe",
)  # fmt: skip


@cache
def film_options() -> dict[str, str]:
    """The options to open a film with: every kind of container but those that refer to others, and files alone."""
    names = {name for entry in av.formats_available for name in entry.split(",")} - REFERRING_FORMATS
    return {"format_whitelist": ",".join(sorted(names)), "protocol_whitelist": "file"}


def open_file(path: Path) -> InputContainer:
    """A file opened as a film, by its content, whatever its name is. Raises libav's errors and the system's."""
    # "file:" keeps a colon or a percent sign in the name from being read as a protocol or a pattern
    name = "mpegts" if _is_short_transport_stream(path) else None
    return av.open(f"file:{path}", format=name, metadata_errors="replace", options=film_options())


def packets_in(
    container: InputContainer, streams: Stream | Sequence[Stream], *, late: Callable[[], object] | None = None
) -> Iterator[Packet]:
    """The packets of some of a container's streams, and an empty one of each at the end. Raises libav's errors.

    ``late`` is called at the end where a stream has appeared in the middle of the file (in a recording, or a damaged
    MPEG-TS), as far as PyAV tells: 18.1 does not know such a stream, and mostly fails with ``IndexError`` at the
    file's end, when all other packets have been given.
    """
    try:
        yield from container.demux(streams)
    except IndexError:
        if late is not None:
            late()


def _is_short_transport_stream(path: Path) -> bool:
    """Whether it is a transport stream of so few packets that libav is not sure what it is."""
    with path.open("rb") as file:
        head = file.read(_SHORT_BYTES + 1)
    places = range(0, len(head), _TS_BYTES)
    return len(places) > 1 and len(head) <= _SHORT_BYTES and all(head[place] == _TS_SYNC for place in places)


def picture_options() -> dict[str, str]:
    """The options to open a picture with: kinds of pictures only, and nothing but its own bytes."""
    return {"format_whitelist": ",".join(_PICTURE_FORMATS), "protocol_whitelist": "none"}


@contextmanager
def errors_heard() -> Iterator[list[str]]:
    """The words of libav on damage meanwhile, on this thread: a list that fills. libav raises none of it."""
    heard: list[str] = []
    before, skips = logging.get_level(), logging.get_skip_repeated()
    logging.set_level(logging.ERROR)
    logging.set_skip_repeated(False)  # it would keep silent of the second picture with one fault
    try:
        with logging.Capture(local=True) as lines:
            try:
                yield heard
            finally:
                heard += [f"{name}: {text.strip()}" for level, name, text in lines if level <= logging.ERROR]
    finally:
        logging.set_level(before)
        logging.set_skip_repeated(skips)


PICTURE_ERRORS = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, OverflowError),
    *(struct.error, RuntimeError, zlib.error),
)
"""The errors that Pillow's plug-ins raise on damaged data."""

_quiet = threading.Lock()
_quiet_blocks = 0
_quiet_undo: Callable[[], None] = lambda: None  # noqa: E731


@contextmanager
def decoders_quiet() -> Iterator[None]:
    """Lets nothing of what picture libraries print or warn of meanwhile reach the screen: errors say it in our words.

    libpng, libtiff and OpenCV write to the process's stderr by themselves, so all that is written there is lost.
    """
    global _quiet_blocks, _quiet_undo
    with _quiet:
        if _quiet_blocks == 0:
            _quiet_undo = _quieted()
        _quiet_blocks += 1
    try:
        yield
    finally:
        with _quiet:
            _quiet_blocks -= 1
            if _quiet_blocks == 0:
                _quiet_undo()


def _quieted() -> Callable[[], None]:
    """Turns stderr away and ignores warnings; what brings both back."""
    unheard = warnings.catch_warnings()
    unheard.__enter__()
    warnings.simplefilter("ignore")
    try:
        kept = os.dup(2)
    except OSError:  # there is none
        return lambda: unheard.__exit__(None, None, None)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)

    def back() -> None:
        os.dup2(kept, 2)
        os.close(kept)
        unheard.__exit__(None, None, None)

    return back
