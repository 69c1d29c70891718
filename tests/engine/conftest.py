from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from kinemacolor.frames import Chroma, Exemplar, Luma
from kinemacolor.models.base import Answer, Reference, StreamingColorizer


class OneColor(StreamingColorizer[list[int]]):
    """Gives every pixel the mean chroma of the first reference: quick, and easy to foresee."""

    identity = "one color"

    def start(self, references: Sequence[Reference]) -> list[int]:
        self.chroma = references[0].chroma.mean((1, 2))
        return []

    def step(self, luma: Luma, state: list[int]) -> Answer:
        state.append(0)
        return Answer(self.chroma[:, None, None].expand(2, *luma.shape[-2:]))


@pytest.fixture
def one_color() -> OneColor:
    return OneColor()


class Onward(StreamingColorizer[list[Chroma]]):
    """Gray until the exemplar's own frame, and of its mean chroma from there on."""

    identity = "onward"

    def start(self, references: Sequence[Reference]) -> list[Chroma]:
        self.reference = references[0]
        return []

    def step(self, luma: Luma, state: list[Chroma]) -> Answer:
        known = self.reference.index is not None and len(state) >= self.reference.index
        mean = self.reference.chroma.mean((1, 2)) if known else torch.zeros(2)
        state.append(mean[:, None, None].expand(2, *luma.shape[-2:]))
        return Answer(state[-1])


@pytest.fixture
def onward() -> Onward:
    return Onward()


@pytest.fixture
def red_still() -> Exemplar:
    rgb = torch.zeros(3, 48, 64, dtype=torch.uint8)
    rgb[0], rgb[1], rgb[2] = 200, 90, 80
    return Exemplar(rgb, 0, name="red.png")


def write_film(
    path: Path,
    *,
    frames: int = 8,
    size: tuple[int, int] = (48, 64),
    codec: str = "ffv1",
    pixel_format: str = "yuv420p",
    level: int | None = None,
    sound: bool = False,
) -> Path:
    """A moving gray ramp; luma values differ from frame to frame. ``level`` makes it constant."""
    height, width = size
    with av.open(str(path), "w") as film:
        stream = film.add_stream(codec, rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        voice = film.add_stream("flac", rate=48000, layout="mono") if sound else None
        rng = np.random.default_rng(0)
        deep = "10" in pixel_format
        dtype, low, high = (np.uint16, 64, 940) if deep else (np.uint8, 16, 235)
        for i in range(frames):
            frame = av.VideoFrame(width, height, pixel_format)
            y = (np.add.outer(np.arange(height) * 2, np.arange(width) * 3) + 5 * i + rng.integers(0, 9, size)) % (
                high - low
            )
            y = (y + low).astype(dtype) if level is None else np.full(size, level, dtype)
            neutral = 512 if deep else 128
            for plane, values in zip(frame.planes, (y, neutral, neutral)):
                rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)
                rows[:, : plane.width] = values
            frame.pts = i
            frame.time_base = Fraction(1, 24)
            film.mux(stream.encode(frame))
            if voice is not None:
                samples = (np.sin(np.arange(2000) * 0.05) * 9000).astype(np.int16)[None]
                chunk = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                chunk.sample_rate, chunk.pts, chunk.time_base = 48000, 2000 * i, Fraction(1, 48000)
                film.mux(voice.encode(chunk))
        film.mux(stream.encode(None))
        if voice is not None:
            film.mux(voice.encode(None))
    return path


@pytest.fixture
def make_film(tmp_path: Path):
    def make(name: str = "film.mkv", **settings: object) -> Path:
        return write_film(tmp_path / name, **settings)

    return make


def scene_frame(number: int, *, scene_frames: int) -> np.ndarray:
    """A blob that moves over a texture: each frame can be told from its neighbors, and scenes from each other."""
    y, x = np.mgrid[0:48, 0:64]
    scene, place = divmod(number, scene_frames)
    texture = np.random.default_rng(scene).integers(0, 90, (6, 8)).repeat(8, 0).repeat(8, 1)
    blob = 120 * np.exp(-((x - 5 - 50 / scene_frames * place) ** 2 + (y - 24) ** 2) / 40)
    return (texture + blob + 20).astype(np.uint8)


@pytest.fixture(name="scene_frame")
def _scene_frame():
    return scene_frame


@pytest.fixture
def two_scenes(tmp_path: Path):
    """Writes a gray film of two scenes of so many frames each."""

    def make(scene_frames: int, *, name: str = "reel.mkv") -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as film:
            stream = film.add_stream("ffv1", rate=24)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
            for i in range(2 * scene_frames):
                picture = scene_frame(i, scene_frames=scene_frames)
                film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
            film.mux(stream.encode(None))
        return path

    return make


def luma_planes(path: Path) -> list[np.ndarray]:
    """The Y planes of a film's frames, code values."""
    planes = []
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            dtype = np.uint16 if frame.format.components[0].bits > 8 else np.uint8
            plane = frame.planes[0]
            planes.append(np.frombuffer(plane, dtype).reshape(plane.height, -1)[:, : plane.width].copy())
    return planes


@pytest.fixture(name="luma_planes")
def _luma_planes():
    return luma_planes


class Counting(StreamingColorizer[list[Chroma]]):
    """A smooth picture that depends on how many frames of the shot there were, and on its references' chroma.

    ``begun`` has the state of each shot begun so far.
    """

    identity = "counting"

    def __init__(self) -> None:
        self.begun: list[list[Chroma]] = []

    @property
    def shots(self) -> list[int]:
        """Frames of each shot that the model was given."""
        return [len(state) - 1 for state in self.begun]

    def start(self, references: Sequence[Reference]) -> list[Chroma]:
        self.begun.append([torch.stack([r.chroma.mean((1, 2), keepdim=True) for r in references]).mean(0)])
        return self.begun[-1]

    def step(self, luma: Luma, state: list[Chroma]) -> Answer:
        height, width = luma.shape[-2:]
        ramp = torch.linspace(-9, 9, width).expand(height, width) + len(state) * 1.7
        state.append(torch.stack((ramp, -ramp)) + state[0] + luma / 50)
        return Answer(state[-1])


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def stills() -> list[Exemplar]:
    """Four stills of frames 0, 4, 9 and 12, each of another color."""
    found = []
    for number, index in enumerate((0, 4, 9, 12)):
        rgb = torch.full((3, 48, 64), 90, dtype=torch.uint8)
        rgb[number % 3] = 140 + 20 * number
        found.append(Exemplar(rgb, index, name=f"{index}.png"))
    return found


@pytest.fixture
def shots_csv(tmp_path: Path) -> Path:
    """Shots of frames 0-2, 3-7, 8-11 and 12-15."""
    path = tmp_path / "shots.csv"
    path.write_text("start\n0\n3\n8\n12\n")
    return path
