"""Frames to a film: encoded, with all that lay beside the source, verified, and only then given its name."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame

from kinemacolor.errors import CodecError, OutputError, reason_of, reason_of_failed_write
from kinemacolor.frames import Frame
from kinemacolor.io import codecs, count, encode, pipe
from kinemacolor.io.base import FrameReader, OutputLayout
from kinemacolor.io.destination import Destination
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.made_frames import MadeFrames
from kinemacolor.io.side_streams import HOLDS_TIMECODE, SideStreams, Window, needs_free_tags
from kinemacolor.io.timecode import TAG, timecode_after

__all__ = ["OutputLayout", "VideoWriter"]

_MILLISECOND = Fraction(1, 1000)
_MUCH_OF_A_FRAME = Fraction(1, 16)
_FREE_TAGS = frozenset({"matroska", "webm", "nut"})
_NOTE_TAGS = {
    "mp4": ("comment", "description", "synopsis"), "mov": ("comment", "description", "synopsis"),
    "flv": ("comment", "description", "synopsis"),
}  # fmt: skip


def _instead_of(container: str, encoder: str) -> str:
    """What to do where a container refuses an encoder."""
    if container == "matroska":
        return "Use --codec ffv1 or h264 instead."
    return f"Write to {codecs.containers_for(encoder, but=container)} instead."


class VideoWriter:
    """Encodes frames and copies sound, subtitles, attachments, chapters and metadata from the source.

    ``write`` takes frames whose chroma is sampled as ``layout`` says; depth and range are converted where the encoder
    needs it (``warnings`` says so), luma is otherwise encoded as it comes. The output appears under its name when the
    context is left normally and the file has been read back and found complete. It never appears otherwise.

    Args:
        output: a file name, whose ending chooses the container, or ``-`` for y4m on stdout.
        source: where frames, times, tags and other streams come from. A reader that skips frames makes the output
            begin at 0 and cuts the other streams to fit.
        codec: a name of ``codecs``, an encoder's own name, or None for the container's default.
        quality: on the encoder's own scale (CRF, ProRes profile).
        options: further encoder options.
        note: said of the output in its metadata: as ``KINEMACOLOR`` in Matroska, elsewhere as ``comment`` or
            ``description``, whichever the source leaves free.

    Raises:
        OutputError, OutputExistsError, CodecError: before any frame is decoded.
    """

    def __init__(
        self,
        output: str | Path,
        source: FrameReader | FilmInfo,
        *,
        codec: str | None = None,
        quality: float | None = None,
        pixel_format: str | None = None,
        options: Mapping[str, str] | None = None,
        note: str | None = None,
        overwrite: bool = False,
    ) -> None:
        self.warnings: list[str] = []
        self.info = source if isinstance(source, FilmInfo) else source.info
        self._reader = None if isinstance(source, FilmInfo) else source
        self._is_pipe = str(output) == "-"
        self._container_name = pipe.FORMAT if self._is_pipe else codecs.container_of(Path(output))
        encoder = codecs.encoder_for(codec, self._container_name, self.info, quality)
        self.layout = encode.layout_for(encoder, self._container_name, self.info, pixel_format)
        self.warnings += encode.conversion_warnings(self.info, self.layout, encoder, self._container_name)
        self._is_mp4 = self._container_name in encode.MP4_FAMILY
        self._time_base = encode.time_base_for(self._container_name, encoder, self.info)
        self._frames = MadeFrames(self.info, self.layout, encoder.name, self._time_base, self.warnings)
        self._written = 0
        self._shift: Fraction | None = None
        self._first_seconds = self._last_seconds = Fraction(0)
        self._side_streams: SideStreams | None = None
        self._rounded = False
        self._last_tick = -(2**62)
        self._last_shown: tuple[int, int] | None = None
        self._held: list[Packet] = []
        self._first_dts: int | None = None
        self._first_tick = 0
        self._destination = (
            None if self._is_pipe else Destination.for_file(Path(output), self.info.path, overwrite=overwrite)
        )
        file = sys.stdout.buffer if self._destination is None else f"file:{self._destination.partial}"
        self._output: OutputContainer = av.open(
            file,
            "w",
            format=self._container_name,
            container_options=encode.container_options(
                self._container_name,
                self._time_base,
                free_tags=self._has_side_streams and needs_free_tags(Path(self.info.path)),
            ),
        )
        try:
            self._open(encoder, dict(options or {}), note)
        except (FFmpegError, ValueError) as error:
            self._abandon()
            raise CodecError(
                f"{self._container_name} refuses {encoder.name} with the film's other streams ({reason_of(error)}). "
                f"{_instead_of(self._container_name, encoder.name)}"
            ) from error
        except BaseException:
            self._abandon()
            raise

    @property
    def partial(self) -> Path | None:
        """Where the unfinished output lies, to be removed should the process be killed; None on a pipe."""
        return None if self._destination is None else self._destination.partial

    @property
    def _has_side_streams(self) -> bool:
        return self.info.container != "pictures" and Path(self.info.path).is_file()

    def _open(self, encoder: codecs.Encoder, extra: dict[str, str], note: str | None) -> None:
        if self._has_side_streams:
            self._side_streams = SideStreams(self.info, self._output, self.warnings)
            self._side_streams.add_streams(before=True)
        settings = replace(encoder, options={**encoder.options, **extra})
        self._stream = encode.add_film(self._output, settings, self.info, self.layout, self._time_base)
        if self._side_streams is not None:
            self._side_streams.add_streams(before=False)
            start = 0 if self._reader is None else self._reader.start
            self._side_streams.copy_tags(self._stream, self._start_estimate(), start)
        elif self.info.timecode is not None:
            self._say_timecode(self.info.timecode)
        if note is not None:
            self._note(note.encode(errors="replace").decode())  # names of files need not be text
        self._output.start_encoding()

    def _say_timecode(self, timecode: str) -> None:
        """The timecode of pictures, which have no streams beside them, where the container holds one."""
        start = 0 if self._reader is None else self._reader.start
        if self._container_name not in HOLDS_TIMECODE:
            self.warnings.append(f"Left out: the timecode ({timecode}). {self._container_name} has no place for it.")
            return
        moved = timecode_after(timecode, start, encode.rate_of(self.info)) or timecode
        (self._output if self._container_name == "matroska" else self._stream).metadata[TAG] = moved

    def _note(self, note: str) -> None:
        """Says ``note`` in the metadata: where the source leaves a place free, else behind the source's comment."""
        tags = self._output.metadata
        names = ("KINEMACOLOR",) if self._container_name in _FREE_TAGS else _NOTE_TAGS.get(self._container_name, ())
        free = [name for name in (*names, "comment") if name not in tags]
        tags.update({free[0]: note} if free else {"comment": f"{tags['comment']} | {note}"})

    def _start_estimate(self) -> Fraction:
        if self._reader is None or not self._reader.start or not self.info.frame_rate:
            return Fraction(0)
        return self.info.start_seconds + self._reader.start / self.info.frame_rate

    def write(self, frame: Frame) -> None:
        """Encodes one frame and muxes what is ready. ``frame.planes`` has chroma sampled as ``layout`` says."""
        if frame.planes is None:
            raise ValueError("VideoWriter takes frames with planes.")
        if self._shift is None:
            self._begin(frame.seconds)
            self._first_seconds = frame.seconds
            self._first_tick = self._tick(frame.seconds)
            self._last_tick = self._first_tick - 1
        encoded = self._frames.of(frame)
        encoded.pts = self._tick(frame.seconds)
        encoded.time_base = self._time_base
        if self._is_last(frame) and self.info.last_frame_seconds is not None:
            self._last_shown = encoded.pts, max(1, round(self.info.last_frame_seconds / self._time_base))
        self._last_seconds = frame.seconds
        self._encode(encoded)
        self._written += 1

    def _is_last(self, frame: Frame) -> bool:
        """Whether it is the film's last frame, which is shown as long as there, and not as long as the one before."""
        return self.info.frames_exact and self.info.frames is not None and frame.index == self.info.frames - 1

    def _begin(self, seconds: Fraction) -> None:
        """Decides how much earlier than in the source everything is: an excerpt begins at 0."""
        late = seconds > 0 and self._container_name in encode.STARTS_AT_ZERO
        excerpt = self._reader is not None and self._reader.start > 0
        if late and not excerpt:
            self.warnings.append(
                f"{self._container_name} holds no start time: picture and sound begin {float(seconds):.3f} s earlier."
            )
        self._shift = seconds if late or excerpt else Fraction(0)
        if self._side_streams is not None and self._shift:
            self._side_streams.keep(Window(start=self._shift))

    def _tick(self, seconds: Fraction) -> int:
        time = seconds - (self._shift or 0)
        # the muxer has the last word on the unit: Matroska counts in milliseconds
        unit = max(self._time_base, self._stream.time_base or self._time_base)
        moved = abs(time - round(time / unit) * unit)
        if not self._rounded and self._may_be_seen(moved):
            self._rounded = True
            self.warnings.append(
                f"{self._container_name} cannot hold these times exactly; each is moved to the nearest {unit} s."
            )
        # two frames may fall on one tick of a constant rate; encoders want times that rise
        self._last_tick = max(round(time / self._time_base), self._last_tick + 1)
        return self._last_tick

    def _may_be_seen(self, moved: Fraction) -> bool:
        """Whether a time so far from the source's is worth a line. Matroska moves all to the nearest millisecond."""
        return moved > _MILLISECOND or encode.rate_of(self.info) * moved > _MUCH_OF_A_FRAME

    def _encode(self, frame: VideoFrame | None) -> None:
        """Encodes a frame, or what is left (None), and muxes the packets among those of the other streams."""
        try:
            packets = self._stream.encode(frame)
            for packet in self._held_back(packets, is_end=frame is None):
                self._mux(packet)
        except (FFmpegError, OSError) as error:
            raise OutputError(self._failed(error)) from error

    def _failed(self, error: BaseException) -> str:
        name = "the output" if self._destination is None else str(self._destination.final)
        return f"Writing {name} failed: {reason_of_failed_write(error)}."

    def _held_back(self, packets: list[Packet], *, is_end: bool) -> list[Packet]:
        """The packets, in an mp4 one later: the last one decoded says when the film ends, whichever is shown last."""
        if not self._is_mp4:
            return packets
        ready = [*self._held, *packets]
        if self._first_dts is None and ready:
            self._first_dts = ready[0].dts
        self._held = [] if is_end else ready[-1:]
        if not is_end:
            return ready[:-1]
        if ready and self._last_shown is not None and ready[-1].dts is not None and self._first_dts is not None:
            end, start = sum(self._last_shown), self._first_tick
            ready[-1].duration = max(1, end - start + self._first_dts - ready[-1].dts)
        return ready

    def _mux(self, packet: Packet) -> None:
        if self._last_shown is not None and packet.pts == self._last_shown[0] and not self._is_mp4:
            packet.duration = self._last_shown[1]
        if packet.pts is not None and packet.dts is not None:
            # x265 leaves the first decoding times unset in films shorter than its look-ahead
            packet.dts = min(packet.dts, packet.pts)
            if self._side_streams is not None:
                self._side_streams.hand_over(packet.dts * packet.time_base + (self._shift or 0))
        self._output.mux(packet)

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abandon()
            return
        try:
            self._complete()
        except BaseException:
            self._abandon()
            raise

    def _complete(self) -> None:
        if not self._written:
            raise OutputError("No frame was written, so there is no output.")
        self._encode(None)
        if self._side_streams is not None:
            self._side_streams.keep(Window(start=self._shift or None, stop=self._cut_seconds()))
        try:
            if self._side_streams is not None:
                self._side_streams.hand_over(None)
                self._side_streams.close()
            self._output.close()
        except (FFmpegError, OSError) as error:
            raise OutputError(self._failed(error)) from error
        if self._destination is not None:
            expected = {self._stream.index: self._written}
            if self._side_streams is not None:
                expected |= {
                    i: n for i, n in self._side_streams.expected.items() if i in self._side_streams.countable
                }
            found = count.require_packets(self._destination.partial, expected)
            self._note_move(found[self._stream.index].first_seconds)
            self._destination.commit()

    def _note_move(self, first_seconds: Fraction) -> None:
        """Says so where the muxer has moved everything: MPEG-TS and FLV begin late."""
        move = first_seconds - (self._first_seconds - (self._shift or 0))
        if abs(move) > Fraction(1, 1000):
            self.warnings.append(
                f"{self._container_name} moves the start by {float(move):.3f} s, the same for all streams."
            )

    def _cut_seconds(self) -> Fraction | None:
        """Where the source was cut: just after the last frame, if the reader was to stop before the end."""
        reader = self._reader
        if reader is None or reader.stop is None or reader.start + self._written < reader.stop:
            return None
        if self.info.frames_exact and self.info.frames is not None and reader.stop >= self.info.frames:
            return None
        return self._last_seconds + (1 / self.info.frame_rate if self.info.frame_rate else 0)

    def _abandon(self) -> None:
        if self._side_streams is not None:
            self._side_streams.close()
        if self._destination is None:
            return
        # first the file, then its muxer: without a file to finish, closing is quick
        self._destination.discard()
        with suppress(FFmpegError, OSError):
            self._output.close()
        self._destination.discard()
