"""Frames to a film: encoded, with all that lay beside the source, verified, and only then given its name."""

import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from kinemacolor.errors import CodecError, OutputError
from kinemacolor.frames import Frame, Planes
from kinemacolor.io import codecs, film, pipe, pixels
from kinemacolor.io.base import FrameReader, OutputLayout
from kinemacolor.io.beside import Beside, Window
from kinemacolor.io.destination import Destination
from kinemacolor.io.info import FilmInfo

__all__ = ["OutputLayout", "VideoWriter"]

_CONSTANT_RATE = frozenset({"avi", "mxf", "yuv4mpegpipe", "mpeg"})
_MP4_FAMILY = frozenset({"mp4", "mov"})
_LARGEST_TIMESCALE = 2**31 - 1
_FULL_TAG = 2


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
        overwrite: bool = False,
    ) -> None:
        self.warnings: list[str] = []
        self.info = source if isinstance(source, FilmInfo) else source.info
        self._reader = None if isinstance(source, FilmInfo) else source
        self._is_pipe = str(output) == "-"
        self._container_name = pipe.FORMAT if self._is_pipe else codecs.container_of(Path(output))
        encoder = codecs.encoder_for(codec, self._container_name, self.info, quality)
        name = codecs.pixel_format_for(encoder, self.info, pixel_format)
        layout = pixels.layout_of(name)
        self.layout = OutputLayout(
            pixel_format=name,
            bits=layout.bits,
            full_range=codecs.output_range(encoder, self._container_name, self.info),
            matrix=codecs.output_matrix(encoder, self.info),
            subsampling=layout.subsampling,
            left_sited=self.info.chroma_location == "left",
        )
        self._warn_of_conversion(encoder.name)
        self._time_base = self._choose_time_base()
        self._written = 0
        self._shift: Fraction | None = None
        self._last_seconds = Fraction(0)
        self._beside: Beside | None = None
        self._rounded = False
        self._last_tick = -(2**62)
        self._destination = (
            None if self._is_pipe else Destination.for_file(Path(output), self.info.path, overwrite=overwrite)
        )
        try:
            self._open(encoder, dict(options or {}))
        except BaseException:
            self._abandon()
            raise

    def _warn_of_conversion(self, encoder: str) -> None:
        if self.layout.bits < self.info.bits:
            self.warnings.append(
                f"{encoder} stores {self.layout.bits} bits here and the source has {self.info.bits}: "
                "luma is rounded. Use ffv1 to keep it."
            )
        if self.layout.full_range != self.info.full_range:
            names = {True: "full", False: "limited"}
            self.warnings.append(
                f"{encoder} in {self._container_name} has {names[self.layout.full_range]} range only: "
                f"luma is rescaled from {names[self.info.full_range]} range. Use ffv1 in mkv to keep it."
            )

    def _choose_time_base(self) -> Fraction:
        """The source's, so times stay exact, or one tick a frame where the container knows only a rate."""
        rate = self.info.frame_rate or Fraction(25)
        if self._container_name in _CONSTANT_RATE:
            return 1 / rate
        if self.info.time_base.denominator > _LARGEST_TIMESCALE:
            return Fraction(1, 1_000_000)
        return self.info.time_base

    def _open(self, encoder: codecs.Encoder, extra: dict[str, str]) -> None:
        file = sys.stdout.buffer if self._destination is None else f"file:{self._destination.partial}"
        self._output: OutputContainer = av.open(
            file, "w", format=self._container_name, container_options=self._container_options()
        )
        if self._reader is not None and self.info.path != "-" and Path(self.info.path).is_file():
            self._beside = Beside(Path(self.info.path), film.index_of_film(Path(self.info.path)), self._output)
            self._beside.add_streams(before=True)
        self._stream = self._add_film(encoder, {**encoder.options, **extra})
        if self._beside is not None:
            self._beside.add_streams(before=False)
            self._beside.copy_tags(self._stream, self._start_estimate())
            self.warnings += self._beside.warnings
        try:
            self._output.start_encoding()
        except (FFmpegError, ValueError) as error:
            raise CodecError(
                f"{self._container_name} refuses this combination of streams ({error}). Write to .mkv instead."
            ) from error

    def _container_options(self) -> dict[str, str]:
        if self._container_name in _MP4_FAMILY:
            # edit lists count in the movie's time scale: at the default of 1/1000 a start time would be rounded
            scale = min(self._time_base.denominator, _LARGEST_TIMESCALE)
            return {"movflags": "+faststart", "movie_timescale": str(max(scale, 1000))}
        if self._container_name in ("matroska", "webm", "nut"):
            # sound that begins before 0 (MP3 and AAC priming) would otherwise move the picture
            return {"avoid_negative_ts": "disabled"}
        return {"strict": "-1"} if self._container_name == pipe.FORMAT else {}

    def _start_estimate(self) -> Fraction:
        if self._reader is None or not self._reader.start or not self.info.frame_rate:
            return Fraction(0)
        return self.info.start_seconds + self._reader.start / self.info.frame_rate

    def _add_film(self, encoder: codecs.Encoder, options: dict[str, str]) -> VideoStream:
        rate = self.info.frame_rate or Fraction(25)
        stream = self._output.add_stream(encoder.name, rate=rate)
        assert isinstance(stream, VideoStream)
        context = stream.codec_context
        context.width, context.height = self.info.width, self.info.height
        context.pix_fmt = self.layout.pixel_format
        context.time_base = self._time_base
        context.sample_aspect_ratio = self.info.sample_aspect
        context.color_primaries, context.color_trc, context.colorspace, context.color_range = self._tags()
        if self.info.interlaced:
            context.field_order = self.info.field_order
        if not self.layout.left_sited:
            options.setdefault("chroma_sample_location", "center")
        if encoder.name == "libx265" and self.info.hdr:
            hdr = ":".join(f"{name}={value}" for name, value in self.info.hdr)
            options["x265-params"] = f"{options['x265-params']}:{hdr}" if "x265-params" in options else hdr
        context.options = options
        if self.info.display_matrix is not None:
            stream.set_display_matrix(self.info.display_matrix)
        stream.time_base = self._time_base
        try:
            context.open()
        except (FFmpegError, ValueError) as error:
            raise CodecError(
                f"{encoder.name} cannot encode {self.info.width}x{self.info.height} {self.layout.pixel_format} "
                f"({error}). Use --codec ffv1 in .mkv, or h264."
            ) from error
        return stream

    def _tags(self) -> tuple[int, int, int, int]:
        """Primaries, transfer, matrix and range as stored; the matrix also where it had to be assumed."""
        info = self.info
        assumed = not info.has_color or pixels.layout_of(info.pixel_format).is_rgb
        missing = info.matrix_code in (0, pixels.UNSPECIFIED_MATRIX)
        changed = self.layout.matrix != info.matrix
        matrix = pixels.matrix_code(self.layout.matrix) if changed or (assumed and missing) else info.matrix_code
        tagged = info.range_code if self.layout.full_range == info.full_range else 1
        return info.primaries, info.transfer, matrix, _FULL_TAG if self.layout.full_range else tagged

    def write(self, frame: Frame) -> None:
        """Encodes one frame and muxes what is ready. ``frame.planes`` has chroma sampled as ``layout`` says."""
        if frame.planes is None:
            raise ValueError("VideoWriter takes frames with planes.")
        if self._shift is None:
            self._begin(frame.seconds)
        encoded = self._video_frame(frame.planes)
        encoded.pts = self._tick(frame.seconds)
        encoded.time_base = self._time_base
        self._last_seconds = frame.seconds
        self._encode(encoded)
        self._written += 1

    def _begin(self, seconds: Fraction) -> None:
        self._shift = seconds if self._reader is not None and self._reader.start else Fraction(0)
        if self._beside is not None and self._shift:
            self._beside.keep(Window(start=self._shift))

    def _tick(self, seconds: Fraction) -> int:
        time = seconds - (self._shift or 0)
        # the muxer has the last word on the unit: Matroska counts in milliseconds
        unit = max(self._time_base, self._stream.time_base or self._time_base)
        if (time / unit).denominator != 1 and not self._rounded:
            self._rounded = True
            self.warnings.append(
                f"{self._container_name} cannot hold these times exactly; each is moved to the nearest {unit} s."
            )
        # two frames may fall on one tick of a constant rate; encoders want times that rise
        self._last_tick = max(round(time / self._time_base), self._last_tick + 1)
        return self._last_tick

    def _video_frame(self, planes: Planes) -> VideoFrame:
        planes = pixels.converted(planes, bits=self.layout.bits, full_range=self.layout.full_range)
        frame = pixels.frame_of(planes, self.layout.pixel_format)
        # on the frame too: prores_ks takes the tags from there
        frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range = self._tags()
        return frame

    def _encode(self, frame: VideoFrame | None) -> None:
        """Encodes a frame, or what is left (None), and muxes the packets among those of the other streams."""
        try:
            for packet in self._stream.encode(frame):
                self._mux(packet)
        except (FFmpegError, OSError) as error:
            raise OutputError(f"Writing failed: {error}. Check the disk's free space.") from error

    def _mux(self, packet: Packet) -> None:
        if packet.pts is not None and packet.dts is not None:
            # x265 leaves the first decoding times unset in films shorter than its look-ahead
            packet.dts = min(packet.dts, packet.pts)
            if self._beside is not None:
                self._beside.hand_over(packet.dts * packet.time_base + (self._shift or 0))
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
        if self._beside is not None:
            self._beside.keep(Window(start=self._shift or None, stop=self._cut_seconds()))
        try:
            if self._beside is not None:
                self._beside.hand_over(None)
                self._beside.close()
            self._output.close()
        except (FFmpegError, OSError) as error:
            raise OutputError(f"Writing failed: {error}. Check the disk's free space.") from error
        if self._destination is not None:
            self._verify(self._destination.partial)
            self._destination.commit()

    def _cut_seconds(self) -> Fraction | None:
        """Where the source was cut: just after the last frame, if the reader was to stop before the end."""
        reader = self._reader
        if reader is None or reader.stop is None or reader.start + self._written < reader.stop:
            return None
        if self.info.frames_exact and self.info.frames is not None and reader.stop >= self.info.frames:
            return None
        return self._last_seconds + (1 / self.info.frame_rate if self.info.frame_rate else 0)

    def _verify(self, path: Path) -> None:
        """Reads the packets back. Raises ``OutputError`` where one is missing: a full disk can go unreported."""
        expected = {self._stream.index: self._written}
        if self._beside is not None:
            expected |= {i: n for i, n in self._beside.expected.items() if i in self._beside.countable}
        try:
            found = film.packet_counts(path)
        except FFmpegError as error:
            raise OutputError(f"The output cannot be read back ({error}). Check the disk's free space.") from error
        for index, count in expected.items():
            # a muxer may add subtitle fillers, and cuts uncompressed sound anew: more packets are no loss
            if found.get(index, 0) < count:
                raise OutputError(
                    f"The output is not complete: stream {index} has {found.get(index, 0)} of {count} packets. "
                    "Check the disk's free space and try again."
                )

    def _abandon(self) -> None:
        if self._beside is not None:
            self._beside.close()
        if self._destination is not None:
            self._destination.discard()
