"""One shot of a chroma track: a Matroska file of lossless FFV1: a* above b* in 12 bits, confidence beside it.

FFV1 because archives keep it and any ffmpeg reads it. At 657x480 it takes 190 to 210 kB and 11 ms a frame; zlib of
differences takes 1.5 times the space and 8 times the time, lossless H.265 0.7 times the space and 3 times the time.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeGuard

import av
import numpy as np
from av.container import OutputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from kinemacolor.engine.track import levels, seal
from kinemacolor.errors import OutputError, TrackError, reason_of, reason_of_failed_write
from kinemacolor.io.guard import film_options
from kinemacolor.io.regular import read_regular
from kinemacolor.models.base import Answer
from kinemacolor.models.kept import MOST_BYTES

_RATE = 24
_OPTIONS = {"level": "3", "slicecrc": "1", "g": "1"}
_ONE_COLUMN_OPTIONS = {"level": "1", "g": "1"}
"""Level 3 refuses pictures one pixel wide."""
STATE = ".state"
_FILE, _STATE = "file", "state"
"""Where the notes have the length and the hash of the chunk's file, and of the state's."""


@dataclass(slots=True)
class ChunkNotes:
    """Notes on a colored shot, to be read without decoding it.

    ``confidence`` is the mean of each frame, empty for a model that does not say; ``damaged`` counts frames for which
    the model gave NaN or infinity; ``seconds`` is what coloring took.
    """

    frames: int = 0
    damaged: int = 0
    seconds: float = 0.0
    confidence: list[float] = field(default_factory=list)


def _plane(plane: np.ndarray, pixel_format: str) -> VideoFrame:
    frame = VideoFrame(plane.shape[1], plane.shape[0], pixel_format)
    target = frame.planes[0]
    np.frombuffer(memoryview(target), plane.dtype).reshape(target.height, -1)[:, : plane.shape[1]] = plane
    return frame


def _levels_in(frame: VideoFrame) -> np.ndarray:
    plane = frame.planes[0]
    dtype: np.dtype[Any] = np.dtype(np.uint8 if frame.format.name == "gray" else np.uint16)
    return np.frombuffer(memoryview(plane), dtype).reshape(plane.height, -1)[:, : plane.width].copy()


class ChunkWriter:
    """Takes a shot's chroma frame by frame. Nothing is there under the chunk's name before ``commit``."""

    def __init__(self, path: Path, description: dict[str, object]) -> None:
        self._frames = 0
        self._path = path
        self._partial = path.with_name(path.name + seal.PARTIAL)
        self._description = description
        self._output: OutputContainer | None = None
        self._streams: list[VideoStream] = []

    def add(self, answer: Answer) -> None:
        """Writes one frame. Raises ``OutputError`` where the disk does not take it."""
        planes = [np.concatenate(list(levels.levels_of(answer.chroma)))]
        if answer.confidence is not None:
            size = answer.chroma.shape[-2], answer.chroma.shape[-1]
            planes.append(levels.confidence_levels(answer.confidence, size))
        try:
            self._encode(planes)
        except (FFmpegError, OSError) as error:
            raise _failed(self._path, error) from error
        self._frames += 1

    def _encode(self, planes: list[np.ndarray]) -> None:
        if self._output is None:
            self._open(planes)
        assert self._output is not None
        for stream, plane in zip(self._streams, planes):
            frame = _plane(plane, str(stream.pix_fmt))
            frame.pts, frame.time_base = self._frames, Fraction(1, _RATE)
            self._output.mux(stream.encode(frame))

    def _open(self, planes: list[np.ndarray]) -> None:
        self._output = av.open(f"file:{self._partial}", "w", format="matroska")
        self._output.metadata["KINEMACOLOR"] = json.dumps(self._description)
        for plane, pixel_format in zip(planes, ("gray12le", "gray")):
            options = _OPTIONS if plane.shape[1] > 1 else _ONE_COLUMN_OPTIONS
            stream = self._output.add_stream("ffv1", rate=_RATE, options=dict(options))
            stream.height, stream.width = plane.shape
            stream.pix_fmt = pixel_format
            self._streams.append(stream)

    def commit(self, notes: ChunkNotes, *, state: bytes | None = None) -> None:
        """Finishes the chunk and gives it its name, ``notes`` last. A shot without frames leaves nothing.

        ``state`` is kept beside it: where the model goes on from behind the chunk.
        """
        if self._output is None:
            return
        try:
            for stream in self._streams:
                self._output.mux(stream.encode(None))
            self._output.close()
            content = {**asdict(notes), _FILE: seal.described(self._partial)}
            if state is not None:
                seal.write_bytes(self._path.with_suffix(STATE), state)
                content[_STATE] = seal.described(self._path.with_suffix(STATE))
            seal.write_sealed(self._path.with_suffix(".json"), content, after=(self._partial, self._path))
        except (FFmpegError, OSError) as error:
            raise _failed(self._path, error) from error

    def abandon(self) -> None:
        """Removes what was written."""
        notes = self._path.with_suffix(".json")
        state = self._path.with_suffix(STATE)
        for partial in (self._partial, *(each.with_name(each.name + seal.PARTIAL) for each in (notes, state))):
            partial.unlink(missing_ok=True)


def _failed(path: Path, error: Exception) -> OutputError:
    return OutputError(
        f"Writing the chroma track {path.parent} failed: {reason_of_failed_write(error)}. The same command goes on "
        "from there: shots that are complete are kept."
    )


def notes_of(path: Path) -> ChunkNotes | None:
    """The notes of a chunk, None where it is not complete or the notes are damaged. The chunk itself is not read."""
    try:
        notes, _ = _noted(path)
    except (OSError, seal.BrokenSealError):
        return None
    return notes if path.is_file() else None


def verified_notes(path: Path) -> ChunkNotes | None:
    """The notes of a chunk whose every byte is as it was written, None where there is no chunk.

    Raises ``BrokenSealError`` where notes or chunk are damaged.
    """
    try:
        notes, description = _noted(path)
    except FileNotFoundError:
        return None  # notes come last: a chunk without them was never complete
    seal.require_described(path, description)
    return notes


def verified_state(path: Path) -> bytes:
    """The state beside a chunk. Raises ``BrokenSealError`` where it is damaged or missing."""
    content, place = seal.read_sealed(path.with_suffix(".json")), path.with_suffix(STATE)
    seal.require_described(place, content.get(_STATE))
    try:
        return read_regular(place, limit_bytes=MOST_BYTES, follow_links=False)
    except (OSError, ValueError) as error:
        raise seal.BrokenSealError(reason_of(error)) from error


def _noted(path: Path) -> tuple[ChunkNotes, object]:
    """The notes of a chunk, and length and hash of its file. Raises as ``read_sealed`` does."""
    content = seal.read_sealed(path.with_suffix(".json"))
    return notes_in(content), content.get(_FILE)


def notes_in(content: Mapping[str, object]) -> ChunkNotes:
    """The notes that a file has. Raises ``BrokenSealError`` for what are none."""
    frames, damaged, seconds = (content.get(name) for name in ("frames", "damaged", "seconds"))
    confidence = content.get("confidence")
    if not (_is_count(frames) and _is_count(damaged) and _is_number(seconds) and isinstance(confidence, list)):
        raise seal.BrokenSealError("it does not say what notes say")
    if len(confidence) not in (0, frames) or not all(_is_number(each) and 0 <= each <= 1 for each in confidence):
        raise seal.BrokenSealError("its confidence is not one number from 0 to 1 for each frame")
    return ChunkNotes(frames, damaged, seconds, confidence)


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_chunk(path: Path, *, first: int = 0) -> Iterator[Answer]:
    """The answer for each frame from ``first`` on; its confidence is None where the model gave none.

    Raises ``TrackError`` where the file is damaged.
    """
    try:
        with av.open(f"file:{path}", options=film_options()) as container:
            streams = container.streams.video
            waiting: list[list[np.ndarray]] = [[] for _ in streams]
            if first:  # every frame is a key frame
                container.seek(round(Fraction(first, _RATE) * av.time_base))
            for packet in container.demux(list(streams)):
                frames = streams[packet.stream.index].decode(packet)
                waiting[packet.stream.index] += [_levels_in(frame) for frame in frames if _place(frame) >= first]
                while all(waiting):
                    yield _answer([planes.pop(0) for planes in waiting])
    except (FFmpegError, OSError) as error:
        raise TrackError(
            f"{path} cannot be read ({reason_of(error)}). Delete it and run `kinemacolor colorize` again."
        ) from error


def _place(frame: VideoFrame) -> int:
    """The number of a frame in its chunk; Matroska keeps times in milliseconds."""
    assert frame.pts is not None
    assert frame.time_base is not None
    return round(frame.pts * frame.time_base * _RATE)


def _answer(planes: list[np.ndarray]) -> Answer:
    stacked = planes[0]
    chroma = levels.chroma_of(stacked.reshape(2, stacked.shape[0] // 2, stacked.shape[1]))
    return Answer(chroma, levels.confidence_of_levels(planes[1]) if len(planes) > 1 else None)
