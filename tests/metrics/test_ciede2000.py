import numpy as np
import pytest
import torch
from skimage.color import deltaE_ciede2000
from torch import Tensor

from kinemacolor import color
from kinemacolor.metrics.ciede2000 import ciede2000, percentile

SHARMA = [  # pairs 1, 4, 7, 9, 13, 17, 20, 25 and 34 of Sharma, Wu and Dalal (2005), Table 1
    ((50.0000, 2.6772, -79.7751), (50.0000, 0.0000, -82.7485), 2.0425),
    ((50.0000, -1.3802, -84.2814), (50.0000, 0.0000, -82.7485), 1.0000),
    ((50.0000, 0.0000, 0.0000), (50.0000, -1.0000, 2.0000), 2.3669),
    ((50.0000, 2.4900, -0.0010), (50.0000, -2.4900, 0.0009), 7.1792),
    ((50.0000, -0.0010, 2.4900), (50.0000, 0.0009, -2.4900), 4.8045),
    ((50.0000, 2.5000, 0.0000), (73.0000, 25.0000, -18.0000), 27.1492),
    ((50.0000, 2.5000, 0.0000), (58.0000, 24.0000, 15.0000), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
]


@pytest.mark.parametrize(("one", "other", "expected"), SHARMA)
def test_the_published_pairs_come_out_as_published(one: tuple, other: tuple, expected: float) -> None:
    planes = [torch.tensor(lab, dtype=torch.float64)[:, None, None] for lab in (one, other)]
    assert ciede2000(*planes).item() == pytest.approx(expected, abs=5e-5)
    assert ciede2000(*reversed(planes)).item() == pytest.approx(expected, abs=5e-5)


def test_ciede2000_equals_scikit_image_on_random_colors() -> None:
    generator = torch.Generator().manual_seed(0)
    spread = torch.tensor([100.0, 220.0, 220.0], dtype=torch.float64)[:, None, None]
    middle = torch.tensor([0.0, 110.0, 110.0], dtype=torch.float64)[:, None, None]
    one, other = torch.rand(2, 3, 60, 70, generator=generator, dtype=torch.float64) * spread - middle
    expected = deltaE_ciede2000(one.permute(1, 2, 0).numpy(), other.permute(1, 2, 0).numpy())
    assert np.abs(ciede2000(one, other).numpy() - expected).max() < 1e-9


def test_single_precision_is_within_a_thousandth_on_pictures(picture: Tensor, truth: Tensor) -> None:
    one, other = color.lab_of(picture), color.lab_of(truth)
    assert (ciede2000(one, other) - ciede2000(one.double(), other.double())).abs().max() < 1e-3


def test_gray_against_gray_is_finite_and_its_lightness_counts() -> None:
    gray = torch.tensor([50.0, 0.0, 0.0])[:, None, None]
    assert ciede2000(gray, gray).item() == 0
    assert ciede2000(gray, gray + torch.tensor([10.0, 0, 0])[:, None, None]).item() > 5


def test_the_90th_percentile_is_the_90th_of_a_hundred() -> None:
    values = torch.randperm(100, generator=torch.Generator().manual_seed(0)).double() + 1
    assert percentile(values, 90.0) == 90
    assert percentile(values, 100.0) == 100
    assert percentile(values, 0.0) == 1
