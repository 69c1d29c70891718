"""Runs of a stand-in network: one thread each, so that sums are in one order."""

import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _film(path: Path, seed: int) -> None:
    noise = np.random.default_rng(seed)
    ground, square = noise.integers(0, 256, (2, 3))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(24), options={"crf": "5", "preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = 64, 80, "yuv420p"
        for i in range(10):
            picture = np.empty((64, 80, 3), np.uint8)
            picture[:] = ground
            picture[20:44, 3 * i : 3 * i + 24] = square
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="session")
def training_films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for i in range(5):
        _film(folder / f"film{i}.mp4", i)
        ramp = np.random.default_rng(i).integers(0, 256, (6, 8, 3)).astype(np.uint8)
        Image.fromarray(ramp).resize((80, 64)).save(folder / f"photo{'abcde'[i]}.png")
    (folder / "SOURCES.csv").write_text("file,license_class\n" + "".join(f"film{i}.mp4,free\n" for i in range(4)))
    return folder
