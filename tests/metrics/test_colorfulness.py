import numpy as np
import pytest
import torch
from torch import Tensor

from kinemacolor.metrics.colorfulness import colorfulness


def test_colorfulness_equals_numpy(picture: Tensor) -> None:
    r, g, b = picture.numpy().astype(np.float64)
    rg, yb = r - g, 0.5 * (r + g) - b
    expected = np.sqrt(np.var(rg) + np.var(yb)) + 0.3 * np.sqrt(np.mean(rg) ** 2 + np.mean(yb) ** 2)
    assert colorfulness(picture) == pytest.approx(expected, abs=1e-9)


def test_gray_has_none_and_flat_red_has_its_mean_alone() -> None:
    gray = torch.arange(48, dtype=torch.uint8).reshape(1, 6, 8).expand(3, -1, -1)
    assert colorfulness(gray) == 0
    red = torch.zeros(3, 6, 8, dtype=torch.uint8)
    red[0] = 200
    assert colorfulness(red) == pytest.approx(0.3 * np.hypot(200, 100))
