"""Films made in code: every test here writes what it reads."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from kinemacolor.frames import Planes
from kinemacolor.io import open_reader, open_writer

Array = np.ndarray[Any, Any]


def noisy_luma(index: int, height: int, width: int, bits: int = 8, *, limited: bool = True) -> Array:
    """A ramp that moves, with grain: every code value that the range allows turns up."""
    rng = np.random.default_rng(index)
    low, high = (16 << (bits - 8), 235 << (bits - 8)) if limited else (0, 2**bits - 1)
    ramp = (np.arange(width)[None] * 3 + np.arange(height)[:, None] * 5 + index * 7) % (high - low + 1) + low
    grain = rng.integers(-2, 3, (height, width))
    return np.clip(ramp + grain, low, high).astype(np.uint8 if bits <= 8 else np.uint16)


def fill(frame: VideoFrame, planes: Sequence[Array]) -> None:
    for plane, values in zip(frame.planes, planes):
        dtype = values.dtype
        rows = np.frombuffer(memoryview(plane), dtype).reshape(-1, plane.line_size // dtype.itemsize)
        rows[: values.shape[0], : values.shape[1]] = values


def planar_frame(pixel_format: str, index: int, height: int, width: int, *, limited: bool = True) -> VideoFrame:
    """A frame of a planar Y'CbCr or gray format: noisy luma, neutral chroma, ramp as alpha."""
    fmt = VideoFormat(pixel_format, width, height)
    bits = fmt.components[0].bits
    dtype = np.uint8 if bits <= 8 else np.uint16
    planes: list[Array] = [noisy_luma(index, height, width, bits, limited=limited)]
    colors = len(fmt.components) - any(c.is_alpha for c in fmt.components)
    if colors == 3:
        shape = fmt.chroma_height(height), fmt.chroma_width(width)
        planes += [np.full(shape, 2 ** (bits - 1), dtype)] * 2
    if len(fmt.components) > colors:
        planes.append(noisy_luma(index + 100, height, width, bits, limited=False))
    frame = VideoFrame(width, height, pixel_format)
    fill(frame, planes)
    return frame


def encode(
    path: Path,
    *,
    codec: str = "ffv1",
    pixel_format: str = "yuv420p",
    size: tuple[int, int] = (48, 64),
    frames: int = 8,
    rate: Fraction | int = 25,
    time_base: Fraction | None = None,
    times: Sequence[int] | None = None,
    limited: bool = True,
    tags: dict[str, int] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
    sample_aspect: Fraction | None = None,
    rotation: tuple[int, bool, bool] | None = None,
    sound: str | None = None,
    draw: Callable[[int], VideoFrame] | None = None,
    prepare: Callable[[Any], None] | None = None,
) -> Path:
    """Writes a film: ``times`` are in ``time_base``; ``sound`` names an audio codec for a tone beside it."""
    height, width = size
    with av.open(str(path), "w", container_options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=Fraction(rate))
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        stream.codec_context.time_base = time_base or 1 / Fraction(rate)
        stream.codec_context.options = options or {}
        for name, value in (tags or {}).items():
            setattr(stream.codec_context, name, value)
        if sample_aspect:
            stream.codec_context.sample_aspect_ratio = sample_aspect
        if rotation:
            stream.set_display_rotation(rotation[0], hflip=rotation[1], vflip=rotation[2])
        audio = container.add_stream(sound, rate=48000) if sound else None
        if prepare:
            prepare(container)
        for index in range(frames):
            frame = draw(index) if draw else planar_frame(pixel_format, index, height, width, limited=limited)
            for name, value in (tags or {}).items():
                if name != "field_order":
                    setattr(frame, name, value)
            frame.pts = times[index] if times else index
            frame.time_base = stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio is not None:
            _add_tone(container, audio, frames / Fraction(rate))
    return path


def _add_tone(container: Any, stream: Any, seconds: Fraction) -> None:
    samples = int(seconds * 48000)
    tone = (np.sin(np.arange(samples) * 0.05) * 8000).astype(np.int16)
    fifo = av.AudioResampler(stream.format, stream.layout, 48000, stream.codec_context.frame_size or None)
    for start in range(0, samples, 4800):
        part = tone[start : start + 4800]
        frame = av.AudioFrame.from_ndarray(np.repeat(part, 2)[None], "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
        for piece in fifo.resample(frame):
            container.mux(stream.encode(piece))
    for piece in fifo.resample(None):
        container.mux(stream.encode(piece))
    container.mux(stream.encode(None))


def times_of(path: Path) -> list[Fraction]:
    """Decoded frame times in seconds, by PyAV alone."""
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def lumas_of(path: Path) -> list[Array]:
    with open_reader(path) as reader:
        return [frame.planes.y for frame in reader]


def packets_of(path: Path, kind: str) -> list[tuple[bytes, Fraction]]:
    """Payload and time of a stream's packets."""
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[0]
        return [(bytes(p), p.pts * p.time_base) for p in container.demux(stream) if p.size]


def tinted(planes: Planes, subsampling: tuple[int, int]) -> Planes:
    """The planes with a flat, visible color, sampled as asked; luma and alpha as they were."""
    rows, columns = -(-planes.size[0] // subsampling[0]), -(-planes.size[1] // subsampling[1])
    dtype = np.uint8 if planes.bits <= 8 else np.uint16
    u, v = (np.full((rows, columns), value << (planes.bits - 8), dtype) for value in (100, 150))
    return Planes(planes.y, u, v, planes.alpha, planes.bits, planes.full_range, planes.matrix)


def colored(
    source: Path | str, output: Path | str, *, start: int = 0, stop: int | None = None, **settings: Any
) -> SimpleNamespace:
    """Runs reader to writer with a flat color; returns both and the output's warnings."""
    rate = settings.pop("frame_rate", None)
    with (
        open_reader(source, start=start, stop=stop, frame_rate=rate) as reader,
        open_writer(output, reader, **settings) as writer,
    ):
        for frame in reader:
            planes = tinted(frame.planes, writer.layout.subsampling)
            writer.write(replace(frame, planes=planes))
    return SimpleNamespace(
        output=Path(output),
        reader=reader,
        writer=writer,
        info=reader.info,
        warnings=[*reader.warnings, *writer.warnings],
    )


@pytest.fixture
def media() -> SimpleNamespace:
    """The helpers above, for tests (test modules cannot import a conftest under importlib)."""
    return SimpleNamespace(
        encode=encode,
        colored=colored,
        times_of=times_of,
        lumas_of=lumas_of,
        packets_of=packets_of,
        noisy_luma=noisy_luma,
        planar_frame=planar_frame,
        fill=fill,
        tinted=tinted,
    )
