"""Streams beside the picture: sound, subtitles, attachments, chapters and metadata, copied from source to output.

Packets are read in a pass of their own and handed over as the film reaches their time, so memory stays bounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Discard, Disposition, Stream

from kinemacolor.errors import reason_of
from kinemacolor.io import container
from kinemacolor.io.clock import Unrolled
from kinemacolor.io.guard import packets_in
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.timecode import TAG, timecode_after
from kinemacolor.io.transcode import Copied, Track, track_for

_OWN_TAGS = frozenset(
    {
        "encoder",
        "major_brand",
        "minor_version",
        "compatible_brands",
        "duration",
        "handler_name",
        "vendor_id",
        "alpha_mode",
    }
)
_OWN_TAG_STARTS = ("_statistics", "bps", "number_of_frames", "number_of_bytes", "duration-", "encoder-")
_HOLDS_ATTACHMENTS = frozenset({"matroska"})
_HOLDS_COVERS = frozenset({"mp4"})
_REEL = "reel_name"
_COVER_KINDS = {"mjpeg": ("jpg", "image/jpeg"), "png": ("png", "image/png"), "bmp": ("bmp", "image/bmp")}
HOLDS_TIMECODE = frozenset({"mp4", "mov", "matroska", "mxf"})
_PLAIN_MOV_TAGS = frozenset(
    {"title", "artist", "author", "album", "date", "comment", "genre", "copyright", "make", "model", "location", TAG}
)


def kept_tags(tags: dict[str, str]) -> dict[str, str]:
    """Metadata without what a muxer writes about itself and about the old streams."""
    return {
        name: value
        for name, value in tags.items()
        if name.lower() not in _OWN_TAGS and not name.lower().startswith(_OWN_TAG_STARTS)
    }


def needs_free_tags(path: Path) -> bool:
    """Whether a film has tags that a MOV holds only under names of their own: a reel's, a camera's."""
    with container.open_film(path) as source:
        names = {name.lower() for name in kept_tags(source.metadata)}
    return bool(names - _PLAIN_MOV_TAGS - {"creation_time"}) or "comment" in names


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the source that is kept, in seconds; its ``start`` becomes time 0. None is the source's own end."""

    start: Fraction | None = None
    stop: Fraction | None = None


class SideStreams:
    """The streams beside a film on their way into an output.

    ``warnings`` gets a line for each that the output cannot take or that breaks off. ``expected`` counts the packets
    handed over, by output stream index.
    """

    def __init__(self, info: FilmInfo, output: OutputContainer, warnings: list[str]) -> None:
        self.warnings = warnings
        self.expected: dict[int, int] = {}
        self._output = output
        self._source: InputContainer = container.open_film(Path(info.path))
        self._info = info
        self._film_index = info.stream_index
        self._clock = Unrolled(info.restarts, info.pace)
        self._tracks: dict[int, Track] = {}
        self._waiting: Packet | None = None
        self._packets: Iterator[Packet] | None = None
        self._window = Window()

    def close(self) -> None:
        """Closes the source."""
        self._source.close()

    def add_streams(self, *, before: bool) -> None:
        """Adds the output streams of those that come ``before`` the film in the source, or of those after it."""
        for stream in self._source.streams:
            if stream.index != self._film_index and (stream.index < self._film_index) == before:
                self._add(stream)
        if not before:
            self._packets = self._demuxed()

    def copy_tags(self, film_output: Stream, chapter_shift: Fraction, start_frame: int) -> None:
        """Copies metadata and chapters. Chapters move ``chapter_shift`` seconds earlier; those over by then go.

        A timecode is that of ``start_frame``, with which the output begins.
        """
        self._output.metadata.update(self._moved(kept_tags(self._source.metadata), start_frame))
        film = self._source.streams[self._film_index]
        film_output.metadata.update(self._moved(kept_tags(film.metadata), start_frame))
        reels = (stream.metadata.get(_REEL) for stream in self._source.streams if stream.type == "data")
        if (reel := next(filter(None, reels), None)) is not None:
            film_output.metadata.setdefault(_REEL, reel)  # a MOV keeps it beside its timecode
        film_output.disposition = self._source.streams[self._film_index].disposition
        chapters = []
        for chapter in self._source.chapters():
            shift = round(chapter_shift / (chapter["time_base"] or 1))
            start, end = (round(chapter[side] * self._info.pace) - shift for side in ("start", "end"))
            if self._info.pace != 1:
                chapter["start"], chapter["end"] = start, end
            if end > 0 or not shift:
                chapter["start"], chapter["end"] = (max(0, start) if shift else start), end
                chapters.append(chapter)
        if chapters:
            self._output.set_chapters(chapters)

    def _moved(self, tags: dict[str, str], start_frame: int) -> dict[str, str]:
        """The tags with the timecode of a later frame."""
        rate = self._info.frame_rate
        if self._info.pace != 1:  # a timecode counts frames at the rate that it was made for
            return {name: value for name, value in tags.items() if name.lower() != TAG}
        if not start_frame or rate is None:
            return tags
        return {
            name: timecode_after(value, start_frame, rate) or value if name.lower() == TAG else value
            for name, value in tags.items()
        }

    def _add_cover(self, stream: Stream) -> None:
        """Adds a cover picture as Matroska has it: attached."""
        codec = stream.codec_context.codec.canonical_name
        ending, kind = _COVER_KINDS.get(codec, (codec, f"image/{codec}"))
        with container.open_film(Path(self._info.path)) as source:
            packets = packets_in(source, source.streams[stream.index])
            data = next((bytes(packet) for packet in packets if packet.size), b"")
        tags = stream.metadata
        self._output.add_attachment(tags.get("filename", f"cover.{ending}"), tags.get("mimetype", kind), data)

    def _add(self, stream: Stream) -> None:
        name = self._output.format.name
        label = f"{stream.type} stream {stream.index}" + (f" ({stream.language})" if stream.language else "")
        if stream.type == "attachment":
            if name in _HOLDS_ATTACHMENTS:
                self._output.add_stream_from_template(stream)
            else:
                self.warnings.append(f"Left out: {label}. {name} holds no attachments; mkv does.")
        elif container.is_cover(stream) and name in _HOLDS_ATTACHMENTS:
            self._add_cover(stream)
        elif stream.type == "video" and not (container.is_cover(stream) and name in _HOLDS_COVERS):
            what = "cover picture; mp4 and mkv hold it" if container.is_cover(stream) else "second film"
            self.warnings.append(f"Left out: {label}, a {what}.")
        elif stream.type == "audio" and not self._info.sound_is_kept:
            return
        elif TAG in stream.metadata and stream.type == "data":
            if self._info.pace != 1:
                self.warnings.append(
                    f"Left out: the timecode ({stream.metadata[TAG]}), which counts frames at another rate."
                )
            elif name not in HOLDS_TIMECODE:
                self.warnings.append(f"Left out: the timecode ({stream.metadata[TAG]}). {name} has no place for it.")
        elif stream.type in ("data", "unknown") or stream.codec_context is None:
            self.warnings.append(f"Left out: {label}, which cannot be copied.")
        else:
            self._track(stream, label)

    def _track(self, stream: Stream, label: str) -> None:
        track, warning = track_for(stream, self._output, label)
        if warning:
            self.warnings.append(warning)
        if track is None:
            stream.discard = Discard.all
            return
        track.out.metadata.update(kept_tags(stream.metadata))
        track.out.disposition = stream.disposition
        self._tracks[stream.index] = track
        self.expected[track.out.index] = 0

    def _demuxed(self) -> Iterator[Packet]:
        kept = [self._source.streams[index] for index in self._tracks]
        for stream in self._source.streams:
            if stream.index not in self._tracks:
                stream.discard = Discard.all
        if kept:
            for packet in packets_in(self._source, kept):
                if packet.size:
                    self._clock.place(packet)
                    yield packet

    def keep(self, window: Window) -> None:
        """Sets which part of the source is kept. To be called before the packets it concerns are handed over."""
        self._window = window

    def hand_over(self, until_seconds: Fraction | None) -> None:
        """Muxes every packet that is due before a source time; None: all that are left."""
        while self._packets is not None:
            packet = self._waiting or self._next()
            if packet is None:
                self._finish()
                return
            time = packet.dts if packet.dts is not None else packet.pts
            due = time is None or until_seconds is None or time * packet.time_base <= until_seconds
            self._waiting = None if due else packet
            if not due:
                return
            self._mux(packet)

    def _next(self) -> Packet | None:
        assert self._packets is not None
        try:
            return next(self._packets, None)
        except FFmpegError as error:
            self.warnings.append(f"{self._source.name}: sound and subtitles break off ({reason_of(error)}).")
            return None

    def _mux(self, packet: Packet) -> None:
        track = self._tracks[packet.stream.index]
        if _within(packet, self._window):
            self._put(track, track.packets(packet, self._window.start or Fraction(0)))

    def _put(self, track: Track, packets: list[Packet]) -> None:
        for ready in packets:
            ready.stream = track.out
            self._output.mux(ready)
            self.expected[track.out.index] += 1

    def _finish(self) -> None:
        self._packets = None
        for track in self._tracks.values():
            self._put(track, track.flush())

    @property
    def countable(self) -> set[int]:
        """Output indices of the streams whose packets reach the file one for one, or as more."""
        copied = [track.out for track in self._tracks.values() if isinstance(track, Copied)]
        return {out.index for out in copied if not out.codec_context.name.startswith("pcm")}


def _within(packet: Packet, window: Window) -> bool:
    if packet.pts is None:
        return True
    start = packet.pts * packet.time_base
    length = (packet.duration or 0) * packet.time_base if packet.stream.type == "subtitle" else Fraction(0)
    if window.start is not None and start + length < window.start:
        return False
    cover = bool(packet.stream.disposition & Disposition.attached_pic)
    return cover or window.stop is None or start < window.stop
