from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from kinemacolor.layers.efficientnet_lite import EfficientNetLite, EfficientNetLiteConfig
from kinemacolor.layers.place_features import PlaceEncoder


def scene(seed: int, size: tuple[int, int] = (96, 144)) -> np.ndarray:
    """A random RGB picture, uint8 (h, w, 3), of blobs and stripes of its own."""
    generator = torch.Generator().manual_seed(seed)
    layers = [
        torch.nn.functional.interpolate(
            torch.rand(1, 3, size[0] // cell, size[1] // cell, generator=generator), size, mode="bilinear"
        )
        for cell in (48, 12 + 6 * (seed % 3), 6)
    ]
    picture = sum(weight * layer for weight, layer in zip((0.4, 0.4, 0.2), layers))
    return (picture[0].permute(1, 2, 0) * 255).to(torch.uint8).numpy()


def write_film(path: Path, pictures: list[np.ndarray]) -> Path:
    with av.open(str(path), "w") as film:
        stream = film.add_stream("ffv1", rate=Fraction(24))
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "gray"
        for picture in pictures:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="gray")))
        film.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def encoder() -> PlaceEncoder:
    torch.manual_seed(0)
    return PlaceEncoder(EfficientNetLite(EfficientNetLiteConfig.tiny()).eval())


@pytest.fixture
def make_film(tmp_path: Path) -> Callable[[list[tuple[int, int]]], Path]:
    """A gray film of scenes: their seeds, and how many frames each lasts."""

    def make(scenes: list[tuple[int, int]]) -> Path:
        return write_film(tmp_path / "film.mkv", [scene(seed) for seed, frames in scenes for _ in range(frames)])

    return make


@pytest.fixture(name="scene", scope="session")
def _scene() -> Callable[..., np.ndarray]:
    return scene
