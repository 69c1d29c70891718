import math

import numpy as np
import pytest
import torch
from torch import Tensor

from kinemacolor.metrics.outliers import outliers


def test_outliers_equal_numpy(picture: Tensor, truth: Tensor) -> None:
    distance = np.linalg.norm(picture.numpy().astype(np.float64) - truth.numpy(), axis=0)
    assert outliers(picture, truth) == pytest.approx(100 * np.mean(distance > 16), abs=1e-9)
    assert outliers(picture, truth, threshold=8.0) == pytest.approx(100 * np.mean(distance > 8), abs=1e-9)


def test_a_distance_of_the_threshold_itself_is_no_outlier() -> None:
    truth = torch.zeros(3, 1, 4, dtype=torch.uint8)
    picture = truth.clone()
    picture[0] = torch.tensor([0, 16, 17, 255])
    assert outliers(picture, truth) == 50


def test_only_the_region_counts() -> None:
    truth = torch.zeros(3, 1, 4, dtype=torch.uint8)
    picture = truth.clone()
    picture[:, :, 2:] = 99
    assert outliers(picture, truth, region=torch.tensor([[False, True, True, True]])) == pytest.approx(200 / 3)
    assert math.isnan(outliers(picture, truth, region=torch.zeros(1, 4, dtype=torch.bool)))
