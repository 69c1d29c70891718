import pytest
import torch
from torch import Tensor


def smooth_picture(seed: int, size: tuple[int, int] = (48, 64)) -> Tensor:
    """A soft random color picture, uint8 (3, h, w)."""
    coarse = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(seed))
    fine = torch.nn.functional.interpolate(coarse, size, mode="bicubic", align_corners=False)[0]
    return (fine * 255).round().clamp(0, 255).to(torch.uint8)


@pytest.fixture
def picture() -> Tensor:
    return smooth_picture(0)


@pytest.fixture
def truth(picture: Tensor) -> Tensor:
    return ((picture.int() + smooth_picture(1).int() // 6) % 256).clamp(0, 255).to(torch.uint8)
