"""A film's frames with their own planes and exact times, from a file or from y4m on stdin."""

import heapq
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from kinemacolor.errors import InputError, TruncatedError
from kinemacolor.frames import Frame, Planes
from kinemacolor.io import container as containers
from kinemacolor.io import pipe, pixels
from kinemacolor.io.clock import Unrolled
from kinemacolor.io.guard import packets_in
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.seek import WORTHWHILE_FRAMES, seek_to_frame
from kinemacolor.io.side_data import CAPTIONS, left_out_line, marks_in, side_data
from kinemacolor.io.timeline import Timeline

_FLUSH_TRIES = 64
_GAPS_NAMED = 4


class VideoReader:
    """The frames of a film from number ``start`` to before ``stop``, counted from 0.

    Each has the source's own planes, its number, and its exact time in seconds. A packet that cannot be decoded
    shows the frame before it, at its own time, so picture and sound stay together; ``warnings`` says how many.
    ``notes`` says what lies in the picture's own stream and is not read.

    Raises ``InputError`` at once where ``source`` is no film, and while reading where the picture's size changes.
    """

    def __init__(
        self,
        source: str | Path,
        *,
        start: int = 0,
        stop: int | None = None,
        info: FilmInfo | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        self.start, self.stop = start, stop
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self._marks: set[str] = set()
        self._first_interlaced: int | None = None
        self._is_pipe = str(source) == "-"
        self._source = Path(source)
        if info is None and self._is_pipe:
            info = pipe.info_of_stdin()
        elif info is None:
            info, timeline = containers.probe_film(self._source)
        self.info, self._timeline = info, timeline
        self._state = None if self._is_pipe else _state_of(self._source)
        self._open()

    def _open(self) -> None:
        self._container: InputContainer = pipe.open_stdin() if self._is_pipe else containers.open_film(self._source)
        self._stream: VideoStream = containers.film_stream(self._container, self.info.path)
        self._stream.thread_type = "AUTO"
        # AVI stores packets in the order of decoding, without the times at which they are shown
        self._is_untimed = self.info.container == "avi" and self._stream.codec_context.has_b_frames
        self._is_bare = self.info.container in containers.BARE_FORMATS
        self._decoder = containers.alpha_decoder(self._stream)
        self._clock = Unrolled(self.info.restarts)
        self._unseen: list[int] = []
        self._broken = self._held = self._damaged = 0
        self._frames: Iterator[VideoFrame] = self._decoded()

    def __enter__(self) -> "VideoReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        """The frames from ``start`` to before ``stop``. A reader is read once."""
        first = self._skip()
        index = first - 1
        before: VideoFrame | None = None
        for index, (decoded, seconds) in enumerate(self._shown(first), first):
            if self.stop is not None and index >= self.stop:
                break
            if index >= self.start:
                beside = side_data(decoded, self.info.codec)
                self._marks |= marks_in(beside)
                captions = b"" if decoded is before else beside.get(CAPTIONS, b"")
                yield replace(self._frame(decoded, index, seconds), captions=captions)
            before = decoded
        else:
            self._note_end(index + 1)
        self._note_damage()
        if self._first_interlaced is not None:
            self.notes.append(
                f"{self.info.path} begins without fields and is interlaced from frame {self._first_interlaced}: that "
                "is not marked in the output. Split it there."
            )
        self.notes += [left_out_line(marks, self.info.path) for marks in sorted(self._marks)]

    def _skip(self) -> int:
        """Goes to ``start`` where that can be done exactly; the number of the next frame decoded."""
        self._frames = self._decoded()
        if self._is_pipe or self.start < WORTHWHILE_FRAMES:
            return 0
        pts = seek_to_frame(self._container, self._stream, self.info, self._timeline, self.start)
        if pts is not None:
            for decoded in self._frames:
                if decoded.pts == pts:
                    self._lost_before(pts)
                    self._frames = chain((decoded,), self._frames)
                    return self.start
                if decoded.pts is None or decoded.pts > pts:
                    break
        self.close()
        self._open()
        return 0

    def _shown(self, first: int) -> Iterator[tuple[VideoFrame, Fraction]]:
        """Decoded frames and their times; where packets were lost, the frame before again at each lost time."""
        before: VideoFrame | None = None
        seconds: Fraction | None = None
        for count, decoded in enumerate(self._frames, first):
            lost = self._lost_before(decoded.pts) if decoded.pts is not None else []
            self._damaged += decoded.is_corrupt
            # without damage a packet may rightly show nothing (VP8's hidden frames)
            if before is not None and (self._broken or self._damaged):
                self._held += len(lost)
                for pts in lost:
                    yield before, pts * self.info.time_base
            seconds = self._seconds(decoded, count, seconds)
            yield decoded, seconds
            before = decoded
        if before is not None and self._broken and not self.info.missing_bytes:
            for pts in sorted(self._unseen):
                self._held += 1
                yield before, pts * self.info.time_base

    def _seconds(self, decoded: VideoFrame, count: int, before: Fraction | None) -> Fraction:
        if decoded.pts is not None:
            return decoded.pts * self.info.time_base
        if self.info.restarts and self.info.frame_rate and before is not None:
            return before + 1 / self.info.frame_rate
        return self.info.start_seconds + (count / self.info.frame_rate if self.info.frame_rate else Fraction(count))

    def _lost_before(self, pts: int) -> list[int]:
        """Times of packets that should have shown before ``pts`` and never did."""
        lost = []
        while self._unseen and self._unseen[0] <= pts:
            time = heapq.heappop(self._unseen)
            if time < pts:
                lost.append(time)
        return lost

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in self._packets():
            if packet.pts is not None and not packet.is_discard and not self._is_bare:
                heapq.heappush(self._unseen, packet.pts)
            yield from self._in_order(self._frames_of(packet))
        for _ in range(_FLUSH_TRIES):
            frames = self._frames_of(None)
            if frames is not None and not frames:
                return
            yield from self._in_order(frames)

    def _in_order(self, frames: list[VideoFrame] | None) -> Iterator[VideoFrame]:
        """The frames; in a container that stores no shown times each has the earliest that is left, in none none."""
        for frame in frames or ():
            if self._is_bare:
                frame.pts = None
            if self._is_untimed and self._unseen:
                frame.pts = self._unseen[0]
            yield frame

    def _packets(self) -> Iterator[Packet]:
        packets = packets_in(self._container, self._stream)
        while True:
            try:
                packet = next(packets, None)
            except FFmpegError:
                self._broken += 1
                return
            if packet is None:
                return
            if packet.size:
                self._clock.place(packet)
                yield packet

    def _frames_of(self, packet: Packet | None) -> list[VideoFrame] | None:
        """The decoder's frames for a packet, or for the end (None); None where it fails."""
        try:
            return self._stream.decode(packet) if self._decoder is None else self._decoder.decode(packet)
        except EOFError:
            return []
        except FFmpegError:
            self._broken += 1
            return None

    def _frame(self, decoded: VideoFrame, index: int, seconds: Fraction) -> Frame:
        if (decoded.width, decoded.height) != (self.info.width, self.info.height):
            raise InputError(
                f"{self.info.path}: frame {index} is {decoded.width}x{decoded.height}, but the film began as "
                f"{self.info.width}x{self.info.height}. {_how_to_split(self.info, index, seconds)}"
            )
        if decoded.interlaced_frame and not self.info.interlaced and self._first_interlaced is None:
            self._first_interlaced = index
        is_interlaced = self.info.interlaced and (decoded.interlaced_frame or not self.info.marked_by_frame)
        planes = self._planes(decoded, index)
        return Frame(planes=planes, index=index, seconds=seconds, is_interlaced=is_interlaced)

    def _planes(self, decoded: VideoFrame, index: int) -> Planes:
        planes = pixels.planes_of(decoded, full_range=self.info.full_range, matrix=self.info.matrix)
        if planes.bits != self.info.bits:
            raise InputError(
                f"{self.info.path}: frame {index} has {planes.bits} bits, but the film began with {self.info.bits}. "
                "Split it there and color the parts."
            )
        return planes

    def _note_end(self, count: int) -> None:
        if count == 0:
            raise TruncatedError(f"{self.info.path} has no frame that can be decoded. Copy or download it again.")
        if self.info.missing_bytes:
            expected = _expected_frames(self.info)
            of = f" of about {expected}" if expected and expected > count else ""
            self.warnings.append(f"{self.info.path} ends early: {count}{of} frames could be read.")

    def _note_damage(self) -> None:
        if self._broken or self._held:
            self.warnings.append(
                f"{self.info.path}: {max(self._broken, self._held)} damaged packets could not be decoded; "
                f"{self._held} frames repeat the one before."
            )
        if self._damaged:
            self.warnings.append(f"{self.info.path}: {self._damaged} frames are damaged and shown as far as decoded.")
        if self._timeline is not None and self._timeline.faults:
            self.warnings.append(_hole(self.info, self._timeline))
        if self._state is not None and _state_of(self._source) != self._state:
            self.warnings.append(f"{self.info.path} has changed while it was read. Run again when it is complete.")


def _how_to_split(info: FilmInfo, index: int, seconds: Fraction) -> str:
    """The advice where the picture changes size at a frame: the film before it and after it are two films."""
    before = f"Color what is before it with --end {index}, and the rest by itself"
    if info.restarts or not index:
        return f"{before}, cut off there."
    after = float(seconds - info.start_seconds)
    return f"{before}: ffmpeg -ss {after:.3f} -i {info.path} -map 0 -c copy REST.mkv"


def _hole(info: FilmInfo, timeline: Timeline) -> str:
    """The lines on frames that are missing of a film whose container is damaged."""
    begin = timeline.times[0] if timeline.times else 0
    seconds = [
        (float((a - begin) * info.time_base), float((b - begin) * info.time_base)) for a, b, _ in timeline.gaps()
    ]
    gaps = [f"from {a:.2f} to {b:.2f} s (about {g[2]})" for (a, b), g in zip(seconds, timeline.gaps())]
    named = ", ".join(gaps[:_GAPS_NAMED]) + (
        f" and {len(gaps) - _GAPS_NAMED} more" if len(gaps) > _GAPS_NAMED else ""
    )
    where = f"frames are missing {named}" if gaps else f"what could be read of it has {timeline.frames} frames"
    return f"{info.path}: the file is damaged ({timeline.faults[0]}); {where}. Copy it again."


def _state_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _expected_frames(info: FilmInfo) -> int | None:
    if info.duration_seconds is None or info.frame_rate is None:
        return info.frames
    return round(info.duration_seconds * info.frame_rate)
