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

from kinemacolor.io import container
from kinemacolor.io.transcode import Copied, Track, track_for

_OWN_TAGS = frozenset(
    {"encoder", "major_brand", "minor_version", "compatible_brands", "duration", "handler_name", "vendor_id"}
)
_OWN_TAG_STARTS = ("_statistics", "bps", "number_of_frames", "number_of_bytes", "duration-", "encoder-")
_HOLDS_ATTACHMENTS = frozenset({"matroska"})
_HOLDS_COVERS = frozenset({"mp4", "mov"})


def kept_tags(tags: dict[str, str]) -> dict[str, str]:
    """Metadata without what a muxer writes about itself and about the old streams."""
    return {
        name: value
        for name, value in tags.items()
        if name.lower() not in _OWN_TAGS and not name.lower().startswith(_OWN_TAG_STARTS)
    }


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

    def __init__(self, path: Path, film_index: int, output: OutputContainer, warnings: list[str]) -> None:
        self.warnings = warnings
        self.expected: dict[int, int] = {}
        self._output = output
        self._source: InputContainer = container.open_film(path)
        self._film_index = film_index
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

    def copy_tags(self, film_output: Stream, chapter_shift: Fraction) -> None:
        """Copies metadata and chapters. Chapters move ``chapter_shift`` seconds earlier; those over by then go."""
        self._output.metadata.update(kept_tags(self._source.metadata))
        film_output.metadata.update(kept_tags(self._source.streams[self._film_index].metadata))
        film_output.disposition = self._source.streams[self._film_index].disposition
        chapters = []
        for chapter in self._source.chapters():
            shift = round(chapter_shift / (chapter["time_base"] or 1))
            start, end = chapter["start"] - shift, chapter["end"] - shift
            if end > 0 or not shift:
                chapter["start"], chapter["end"] = (max(0, start) if shift else start), end
                chapters.append(chapter)
        if chapters:
            self._output.set_chapters(chapters)

    def _add(self, stream: Stream) -> None:
        name = self._output.format.name
        label = f"{stream.type} stream {stream.index}" + (f" ({stream.language})" if stream.language else "")
        if stream.type == "attachment":
            if name in _HOLDS_ATTACHMENTS:
                self._output.add_stream_from_template(stream)
            else:
                self.warnings.append(f"Left out: {label}. {name} holds no attachments; mkv does.")
        elif stream.type == "video" and not (container.is_cover(stream) and name in _HOLDS_COVERS):
            what = "cover picture" if container.is_cover(stream) else "second film"
            self.warnings.append(f"Left out: {label}, a {what}.")
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
            yield from (packet for packet in self._source.demux(kept) if packet.size)

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
            self.warnings.append(f"{self._source.name}: sound and subtitles break off ({error}).")
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
