"""Encoders and decoders of the FFmpeg that PyAV carries, and the extras that read pictures."""

from collections.abc import Iterable, Iterator
from typing import Literal

from kinemacolor.doctor.finding import Finding
from kinemacolor.errors import reason_of

NEEDED_ENCODERS = ("libx264", "aac")
ENCODERS = {
    "libx265": "--codec h265", "libsvtav1": "--codec av1", "libvpx-vp9": "--codec vp9", "libvpx": "--codec vp8",
    "prores_ks": "--codec prores",
    "dnxhd": "--codec dnxhr", "ffv1": "--codec ffv1", "mpeg4": "AVI", "mpeg2video": "MPEG", "mjpeg": "--codec mjpeg",
    "dvvideo": "--codec dv", "wrapped_avframe": "y4m", "mov_text": "subtitles in MP4", "libopus": "sound in WebM",
}  # fmt: skip
NEEDED_DECODERS = ("h264", "aac")
DECODERS = (
    "hevc", "libdav1d", "vp9", "mpeg2video", "mpeg4", "prores", "dnxhd", "ffv1", "dvvideo", "mjpeg", "v210", "theora",
    "pcm_s16le", "mp3", "flac", "ac3",
)  # fmt: skip
_AGAIN = "Install PyAV from its wheel: pip install --force-reinstall --no-deps av"


def findings() -> Iterator[Finding]:
    """FFmpeg's version, then encoders and decoders: those that are needed, and those that only some films need."""
    try:
        import av
    except ImportError as error:
        yield Finding("codecs", "ffmpeg", f"PyAV cannot be loaded: {reason_of(error)}", "wrong", _AGAIN)
        return
    libraries = ", ".join(
        f"{name} {'.'.join(map(str, number))}" for name, number in sorted(av.library_versions.items())
    )
    yield Finding("codecs", "ffmpeg", f"{av.ffmpeg_version_info} ({libraries})")
    yield _needed("encoders needed", NEEDED_ENCODERS, "w")
    missing = {name: use for name, use in ENCODERS.items() if not is_there(name, "w")}
    yield _optional("encoders", ENCODERS, [f"{name} ({use})" for name, use in missing.items()])
    yield _needed("decoders needed", NEEDED_DECODERS, "r")
    yield _optional("decoders", DECODERS, [name for name in DECODERS if not is_there(name, "r")])


def is_there(name: str, mode: Literal["r", "w"]) -> bool:
    """Whether FFmpeg has a decoder (``r``) or an encoder (``w``) of this name."""
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    try:
        Codec(name, mode)
    except UnknownCodecError:
        return False
    return True


def _needed(what: str, names: Iterable[str], mode: Literal["r", "w"]) -> Finding:
    missing = [name for name in names if not is_there(name, mode)]
    if missing:
        return Finding("codecs", what, f"without {', '.join(missing)}", "wrong", _AGAIN)
    return Finding("codecs", what, ", ".join(names))


def _optional(what: str, names: Iterable[str], missing: list[str]) -> Finding:
    if missing:
        return Finding("codecs", what, f"without {', '.join(missing)}", "absent", _AGAIN)
    return Finding("codecs", what, ", ".join(names))
