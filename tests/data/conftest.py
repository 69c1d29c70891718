"""Small films and photographs, drawn in code."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image


def _moving_squares(count: int, height: int, width: int, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed)
    background = noise.integers(60, 200, 3)
    pictures = np.empty((count, height, width, 3), np.uint8)
    pictures[:] = background
    for color, row in zip(noise.integers(0, 256, (3, 3)), (4, height // 3, height // 2)):
        for i in range(count):
            left = (3 * i + 7 * row) % (width - 16)
            pictures[i, row : row + 16, left : left + 16] = color
    return pictures


def _write_film(path: Path, pictures: np.ndarray) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(24), options={"crf": "5", "preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = *pictures.shape[1:3], "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="session")
def training_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two films of 12 frames, one folder of 9 frames, three photographs, one gray film, one broken file."""
    folder = tmp_path_factory.mktemp("training")
    for name in ("free", "bought", "numbered"):
        (folder / name).mkdir()
    _write_film(folder / "free" / "one.mp4", _moving_squares(12, 64, 96, 1))
    _write_film(folder / "bought" / "two.mp4", _moving_squares(12, 64, 96, 2))
    _write_film(folder / "bought" / "gray.mp4", np.repeat(_moving_squares(12, 64, 96, 3)[..., :1], 3, axis=-1))
    _write_film(folder / "bought" / "short.mp4", _moving_squares(4, 64, 96, 3))
    (folder / "bought" / "broken.mp4").write_bytes(b"no film at all")
    for i, picture in enumerate(_moving_squares(9, 64, 80, 4)):
        Image.fromarray(picture).save(folder / "numbered" / f"{i:03d}.png")
    for i in range(3):
        picture = np.random.default_rng(i).integers(0, 256, (8, 10, 3)).astype(np.uint8)
        Image.fromarray(picture).resize((120, 96)).save(folder / "free" / f"photo_{'abc'[i]}.jpg")
    rows = ["file,licence_class", "free/one.mp4,permissive", "free/photo_a.jpg,permissive", "numbered,permissive"]
    (folder / "SOURCES.csv").write_text("\n".join([*rows, "bought/two.mp4,non-commercial\n"]))
    return folder
