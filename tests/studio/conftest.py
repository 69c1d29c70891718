import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from kinemacolor.studio.limits import Limits
from kinemacolor.studio.studio import Studio

SCENE_FRAMES = 10


def scene_frame(number: int) -> np.ndarray:
    """A blob that moves over a texture; the texture is another after ``SCENE_FRAMES``."""
    y, x = np.mgrid[0:48, 0:64]
    scene, place = divmod(number, SCENE_FRAMES)
    texture = np.random.default_rng(scene).integers(0, 90, (6, 8)).repeat(8, 0).repeat(8, 1)
    blob = 120 * np.exp(-((x - 5 - 5 * place) ** 2 + (y - 24) ** 2) / 40)
    return (texture + blob + 20).astype(np.uint8)


@pytest.fixture(scope="session")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gray film of two scenes, with sound."""
    path = tmp_path_factory.mktemp("reel") / "family film.mkv"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        voice = film.add_stream("flac", rate=48000, layout="mono")
        for i in range(2 * SCENE_FRAMES):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(scene_frame(i), format="gray")))
            samples = (np.sin(np.arange(2000) * 0.05) * 9000).astype(np.int16)[None]
            chunk = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            chunk.sample_rate, chunk.pts = 48000, 2000 * i
            film.mux(voice.encode(chunk))
        film.mux(stream.encode(None))
        film.mux(voice.encode(None))
    return path


@pytest.fixture(scope="session")
def still_of() -> Callable[..., bytes]:
    """A frame of the reel in color, as PNG."""

    def make(number: int, gains: tuple[float, float, float] = (1.2, 0.9, 0.6)) -> bytes:
        levels = scene_frame(number).astype(np.float32)
        data = io.BytesIO()
        tinted = np.stack([levels * gain for gain in gains], -1)
        Image.fromarray(np.clip(tinted, 0, 255).astype(np.uint8)).save(data, "PNG")
        return data.getvalue()

    return make


def wait(condition: Callable[[], object], seconds: float = 120) -> None:
    """Until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not come."
        time.sleep(0.03)


@pytest.fixture(name="wait")
def _wait() -> Callable[..., None]:
    return wait


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    made = Studio(tmp_path / "work", limits=Limits(seconds=60.0), options={"model": "flow"})
    made.start()
    yield made
    made.close()


@pytest.fixture
def put_in(studio: Studio, reel: Path) -> Callable[[], str]:
    """Puts the reel into the studio; its name there, when its shots are known."""

    def put() -> str:
        name, partial = studio.incoming.begin(reel.name)
        partial.write_bytes(reel.read_bytes())
        studio.incoming.end(name, partial, reel.name)
        wait(lambda: studio.describe(name)["shots"])
        return name

    return put
