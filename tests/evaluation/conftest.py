from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

SIZE = (40, 56)


def moving_pictures(count: int, seed: int = 0) -> list[Tensor]:
    """A soft color pattern that drifts to the left, uint8 (3, h, w)."""
    coarse = torch.rand(1, 3, 6, 12, generator=torch.Generator().manual_seed(seed))
    wide = torch.nn.functional.interpolate(coarse, (SIZE[0], SIZE[1] * 2), mode="bicubic", align_corners=False)[0]
    wide = (wide * 255).round().clamp(0, 255).to(torch.uint8)
    return [wide[..., i : i + SIZE[1]].contiguous() for i in range(count)]


def write_pictures(folder: Path, pictures: list[Tensor]) -> Path:
    folder.mkdir(parents=True)
    for index, picture in enumerate(pictures):
        Image.fromarray(np.ascontiguousarray(picture.permute(1, 2, 0).numpy())).save(folder / f"{index:05d}.png")
    return folder


@pytest.fixture
def pictures() -> list[Tensor]:
    return moving_pictures(6)


def write_two_clips(root: Path) -> Path:
    for seed, name in enumerate(("one", "two")):
        write_pictures(root / name, moving_pictures(6, seed))
    return root


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Two clips of pictures, ``one`` and ``two``, of six frames each."""
    return write_two_clips(tmp_path / "clips")


@pytest.fixture(scope="module")
def two_clips() -> Callable[[Path], Path]:
    """Writes the same two clips where it is told."""
    return write_two_clips


@pytest.fixture
def save_pictures() -> Callable[[Path, list[Tensor]], Path]:
    """Writes pictures as a clip."""
    return write_pictures
