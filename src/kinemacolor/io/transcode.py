"""One stream beside the film, on its way to another container: copied, or turned into a codec that it takes."""

from fractions import Fraction
from functools import lru_cache
from typing import Protocol, runtime_checkable

from av.audio.codeccontext import AudioCodecContext
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.codec import Codec, CodecContext
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

_AUDIO = {
    "webm": "libopus", "mp4": "aac", "mov": "aac", "avi": "libmp3lame", "matroska": "flac", "mxf": "pcm_s16le",
    "mpegts": "aac", "mpeg": "mp2", "flv": "aac",
}  # fmt: skip
_LOSSLESS_IN_MOV = "pcm_s24le"
_TEXT = {"mp4": "mov_text", "mov": "mov_text", "matroska": "subrip", "webm": "webvtt"}
_REFUSED_LATE = {
    "mov": {"opus", "vorbis", "flac"},
    "mp4": {"subrip"},
    "avi": {"aac", "flac", "opus", "vorbis"},
}
"""Codecs that a muxer accepts as a stream, and then refuses at its header or while writing."""
_SOUND_TAKEN = {
    "mpegts": {"mp2", "mp3", "aac", "ac3", "eac3", "dts", "opus"},
    "mpeg": {"mp2", "mp3", "ac3", "dts"},
    "mxf": {"pcm_s16le", "pcm_s24le"},
    "flv": {"aac", "mp3"},
}
"""Codecs that muxers which refuse nothing can really store."""
_LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
"""PCM may say how many channels there are, but not which; encoders want to know. So FFmpeg takes them by default."""
_OTHER_LAYOUTS = {3: ("3.0",), 4: ("quad",), 7: ("6.1(back)",), 8: ("7.1(wide)", "octagonal")}
_MIXED_TO = ("7.1", "5.1", "5.0", "quad", "stereo", "mono")
_MORE_THAN_TWO = {"libmp3lame": "ac3", "mp2": "ac3"}
"""The encoders for more than two channels where the usual one knows two only."""
_MILLISECOND = Fraction(1, 1000)


@runtime_checkable
class Track(Protocol):
    """A stream's way into the output."""

    @property
    def out(self) -> Stream:
        """The output's stream."""
        ...

    def packets(self, packet: Packet, shift_seconds: Fraction) -> list[Packet]:
        """The output's packets for one of the source, moved earlier by ``shift_seconds``."""
        ...

    def flush(self) -> list[Packet]:
        """The packets that are left at the end."""
        ...


def track_for(stream: Stream, output: OutputContainer, label: str) -> tuple[Track | None, str | None]:
    """The stream's way into the output, or None; and a warning where it is not a copy."""
    container = output.format.name
    codec = stream.codec_context.codec.canonical_name
    if _plays(container, codec, stream.type) and (copied := _copied(stream, output)) is not None:
        return copied, None
    if isinstance(stream, AudioStream) and container in _AUDIO:
        encoder = _LOSSLESS_IN_MOV if container == "mov" and Codec(codec).lossless else _AUDIO[container]
        encoder = _MORE_THAN_TWO.get(encoder, encoder) if stream.channels > 2 else encoder
        layout = _layout_for(stream, encoder)
        mixed = "" if AudioLayout(layout).nb_channels == stream.channels else f", mixed to {layout}"
        warning = f"Re-encoded: {label}; {container} cannot hold {codec}, so {encoder}{mixed}."
        return Reencoded(stream, output, encoder, layout), warning
    if isinstance(stream, SubtitleStream) and container in _TEXT and Codec(codec).text_sub:
        target = _TEXT[container]
        warning = f"Converted: {label}; {container} cannot hold {codec}, so {target}."
        return TranscodedText(stream, output, target), warning
    return None, f"Left out: {label}; {container} cannot hold {codec}. Write to mkv to keep it."


def _layout_for(stream: AudioStream, encoder: str) -> str:
    """The channels as the encoder takes them: the source's, else as many with other names, else fewer."""
    count, own = stream.channels, stream.layout.name
    usual = _LAYOUTS.get(count)
    named = [own] if count > 2 and not own.endswith(" channels") else []
    choices = [*named, *([usual] if usual else []), *_OTHER_LAYOUTS.get(count, ()), *_MIXED_TO]
    return next((each for each in choices if _encodes(encoder, each)), choices[0])


@lru_cache(maxsize=64)
def _encodes(encoder: str, layout: str) -> bool:
    """Whether an encoder takes these channels."""
    context = CodecContext.create(encoder, "w")
    assert isinstance(context, AudioCodecContext)
    context.layout = layout
    context.sample_rate, context.time_base = 48000, Fraction(1, 48000)
    if formats := context.codec.audio_formats:
        context.format = formats[0]
    try:
        context.open()
    except (FFmpegError, ValueError):
        return False
    return True


def _plays(container: str, codec: str, kind: str) -> bool:
    if codec in _REFUSED_LATE.get(container, ()) or (container == "mp4" and codec.startswith("pcm_")):
        return False
    return kind != "audio" or container not in _SOUND_TAKEN or codec in _SOUND_TAKEN[container]


def _copied(stream: Stream, output: OutputContainer) -> "Copied | None":
    """The stream's copy, or None where the container does not take its codec."""
    try:
        return Copied(output.add_stream_from_template(stream, opaque=True))
    except ValueError:
        return None


def _shifted(time: int | None, shift_seconds: Fraction, time_base: Fraction) -> int | None:
    return None if time is None else time - round(shift_seconds / time_base)


class Copied:
    """Packets as they are."""

    def __init__(self, out: Stream) -> None:
        self.out = out
        self._last: int | None = None

    def packets(self, packet: Packet, shift_seconds: Fraction) -> list[Packet]:
        """The packet itself; no filler between MP4 subtitles, which the muxer makes anew."""
        if self.out.codec_context.name == "mov_text" and bytes(packet)[:2] == b"\0\0":
            return []
        if shift_seconds:
            packet.pts = _shifted(packet.pts, shift_seconds, packet.time_base)
            packet.dts = _shifted(packet.dts, shift_seconds, packet.time_base)
            if packet.stream.type == "subtitle" and packet.pts is not None and packet.pts < 0:
                packet.duration = max(0, (packet.duration or 0) + packet.pts)
                packet.pts = packet.dts = 0
        self._keep_rising(packet)
        return [packet]

    def _keep_rising(self, packet: Packet) -> None:
        """Moves a sound packet behind the one before it: damaged sources go back in time, and muxers refuse that."""
        if packet.stream.type != "audio" or packet.dts is None:
            return
        if self._last is not None and packet.dts <= self._last:
            packet.dts = self._last + 1
            packet.pts = packet.dts if packet.pts is None else max(packet.pts, packet.dts)
        self._last = packet.dts

    def flush(self) -> list[Packet]:
        """Nothing."""
        return []


class Reencoded:
    """Sound, decoded and encoded again."""

    def __init__(self, stream: AudioStream, output: OutputContainer, encoder: str, layout: str) -> None:
        rates = Codec(encoder, "w").audio_rates
        rate = stream.rate if (not rates or stream.rate in rates) and output.format.name != "mxf" else 48000
        out = output.add_stream(encoder, rate=rate)
        assert isinstance(out, AudioStream)
        self.out = out
        self.out.layout = layout
        if not encoder.startswith(("flac", "pcm")):
            self.out.bit_rate = 96_000 * max(1, stream.channels)
        context = self.out.codec_context
        assert isinstance(context, AudioCodecContext)
        context.time_base = Fraction(1, rate)
        context.open()
        self._source = stream
        self._shift_seconds = Fraction(0)
        self._encoder = context
        self._resampler = AudioResampler(context.format, context.layout, rate, context.frame_size or None)

    def packets(self, packet: Packet, shift_seconds: Fraction) -> list[Packet]:
        """The packets that this one completes."""
        self._shift_seconds = shift_seconds
        return self._encoded(packet)

    def _encoded(self, packet: Packet | None) -> list[Packet]:
        try:
            frames = self._source.decode(packet)
        except (FFmpegError, EOFError):
            return []
        done = []
        for frame in frames:
            if frame.pts is not None and frame.time_base:
                frame.pts = _shifted(frame.pts, self._shift_seconds, frame.time_base)
            for part in self._resampler.resample(frame):
                done += self.out.encode(part)
        return done

    def flush(self) -> list[Packet]:
        """The packets that decoder, resampler and encoder still hold."""
        done = self._encoded(None)
        for part in self._resampler.resample(None):
            done += self.out.encode(part)
        return done + self.out.encode(None)


class TranscodedText:
    """Text subtitles in another text codec."""

    def __init__(self, stream: SubtitleStream, output: OutputContainer, encoder: str) -> None:
        assert stream.time_base is not None
        out = output.add_stream(encoder)
        assert isinstance(out, SubtitleStream)
        self.out = out
        self.out.time_base = _MILLISECOND
        self._decoder = stream.codec_context
        self._decoder.open(strict=False)
        context = self.out.codec_context
        context.subtitle_header = self._decoder.subtitle_header
        context.time_base = _MILLISECOND
        context.open()
        self._encoder = context

    def packets(self, packet: Packet, shift_seconds: Fraction) -> list[Packet]:
        """The same text at the same time, or nothing for a packet without text that can be read."""
        try:
            subtitles = self._decoder.decode2(packet)
            if subtitles is None or not len(subtitles) or packet.pts is None:
                return []
            done = self._encoder.encode_subtitle(subtitles)
        except FFmpegError:
            return []  # a damaged line is one line less
        start = packet.pts * packet.time_base - shift_seconds
        stop = start + (packet.duration or 0) * packet.time_base
        done.time_base = _MILLISECOND
        done.pts = done.dts = max(0, round(start * 1000))
        done.duration = max(0, round(stop * 1000)) - done.pts
        return [done]

    def flush(self) -> list[Packet]:
        """Nothing."""
        return []
