"""The self-test: a few frames colored by the default model, in a folder that is removed."""

import math
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from PIL import Image

from kinemacolor.doctor.finding import Finding
from kinemacolor.engine.run import Result
from kinemacolor.engine.video import colorize_video
from kinemacolor.errors import KinemacolorError

_FRAMES, _HEIGHT, _WIDTH = 4, 144, 192
_PACKAGE = Path(__file__).parents[1]
_SAMPLES = (_PACKAGE.parents[1] / "examples" / "sample", _PACKAGE / "web" / "sample_film")
"""Where the sample lies: in a clone, and in what pip installs."""

_LEAST_CHROMA = 4.0
"""The mean distance of Cb and Cr from gray, in levels, below which the film counts as gray."""

_REPORT = "Send this report with an issue."


def findings() -> Iterator[Finding]:
    """What torch uses, then whether a film comes in color."""
    yield Finding("self-test", "torch", _devices())
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kinemacolor-doctor-") as name:
        folder = Path(name)
        film, still = material(folder)
        what = "a made film" if film.parent == folder else "the sample"
        try:
            done = colorize_video(film, folder / "color.mp4", [still], end=_FRAMES)
            wrong = fault_of(done, folder / "color.mp4")
        except KinemacolorError as error:
            wrong = str(error)
        except Exception as error:  # of libraries: whatever it is, it is what the user wants to know
            wrong = f"{type(error).__name__}: {error}"
    seconds = time.monotonic() - began
    if wrong:
        yield Finding("self-test", "coloring", f"{what}: {wrong}", "wrong", _REPORT)
    else:
        yield Finding("self-test", "coloring", f"{_FRAMES} frames of {what} came in color in {seconds:.1f} s")


def _devices() -> str:
    threads = f"{torch.get_num_threads()} threads"
    if torch.cuda.is_available():
        names = ", ".join(torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count()))
        return f"{names}; {threads} beside it"
    if torch.backends.mps.is_available():
        return f"Apple's graphics with --device mps; {threads}"
    return f"the processor, {threads}"


def material(folder: Path) -> tuple[Path, Path]:
    """A black-and-white film and its first frame in color: the sample where it lies, else made here."""
    for place in _SAMPLES:
        film, still = place / "bw.mp4", place / "ref_000000.png"
        if film.is_file() and still.is_file():
            return film, still
    film, still = folder / "gray.mp4", folder / "ref_000000.png"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        for index in range(_FRAMES):
            picture = _picture(index)
            if index == 0:
                Image.fromarray(picture).save(still)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="gray")
            frame.pts, frame.time_base = index, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return film, still


def _picture(index: int) -> "np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]":
    """A blue sky over sand, with a red ball that moves; ``h w 3``."""
    y, x = np.mgrid[:_HEIGHT, :_WIDTH]
    picture = np.where((y < 80)[..., None], (90, 140, 220), (200, 170, 110)).astype(float)
    picture += (6 * np.sin(x / 5) * np.cos(y / 7))[..., None]
    picture[np.hypot(x - 60 - 4 * index, y - 84) < 22] = 190, 50, 40
    return np.clip(picture, 0, 255).astype(np.uint8)


def fault_of(result: Result, output: Path) -> str:
    """What is wrong with a film that was colored: "" where it is whole and in color."""
    if result.frames != _FRAMES:
        return f"{result.frames} frames came instead of {_FRAMES}"
    with av.open(str(output)) as film:
        frames = [frame.to_ndarray(format="yuv420p") for frame in film.decode(video=0)]
    if len(frames) != _FRAMES:
        return f"the file holds {len(frames)} frames instead of {_FRAMES}"
    height = frames[0].shape[0] * 2 // 3
    chroma = math.fsum(float(np.abs(frame[height:].astype(int) - 128).mean()) for frame in frames) / _FRAMES
    return "" if chroma >= _LEAST_CHROMA else f"the film is gray ({chroma:.1f} levels of color)"
