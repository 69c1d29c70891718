import io

import av
import numpy as np
import pytest


def reel_of(scene_frames: int, *, size: tuple[int, int] = (48, 64)) -> bytes:
    """A gray film of two scenes, in Matroska, with sound."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width]
    data = io.BytesIO()
    with av.open(data, "w", format="matroska") as film:
        stream = film.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = width, height, "gray"
        voice = film.add_stream("flac", rate=48000, layout="mono")
        for i in range(2 * scene_frames):
            scene, place = divmod(i, scene_frames)
            coarse = np.random.default_rng(scene).integers(0, 90, (6, 8))
            texture = coarse.repeat(height // 6, 0).repeat(width // 8, 1)
            blob = 120 * np.exp(
                -((x / width - 0.1 - 0.7 * place / scene_frames) ** 2 + (y / height - 0.5) ** 2) / 0.02
            )
            picture = (texture + blob + 20).astype(np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
            samples = (np.sin(np.arange(2000) * 0.05) * 9000).astype(np.int16)[None]
            chunk = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            chunk.sample_rate, chunk.pts = 48000, 2000 * i
            film.mux(voice.encode(chunk))
        film.mux(stream.encode(None))
        film.mux(voice.encode(None))
    return data.getvalue()


@pytest.fixture(scope="session")
def reel_bytes() -> bytes:
    return reel_of(10)


@pytest.fixture(scope="session", name="reel_of")
def _reel_of():
    return reel_of
