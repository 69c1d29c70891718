import math

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor

from kinemacolor import color
from kinemacolor.metrics.psnr import HIGHEST_DB, psnr, psnr_ab, wrapping_psnr


def test_psnr_equals_scikit_image(picture: Tensor, truth: Tensor) -> None:
    expected = peak_signal_noise_ratio(truth.numpy(), picture.numpy(), data_range=255)
    assert psnr(picture, truth) == pytest.approx(expected, abs=1e-10)


def test_psnr_of_a_difference_of_one_is_48_13_db() -> None:
    dark = torch.zeros(3, 4, 4, dtype=torch.uint8)
    assert psnr(dark + 1, dark) == pytest.approx(20 * math.log10(255))
    assert psnr(dark, dark + 1) == pytest.approx(20 * math.log10(255))


def test_equal_pictures_have_a_finite_psnr(picture: Tensor) -> None:
    assert psnr(picture, picture) == HIGHEST_DB


def test_psnr_within_a_region_is_that_of_its_pixels(picture: Tensor, truth: Tensor) -> None:
    region = torch.zeros(48, 64, dtype=torch.bool)
    region[10:30, 5:50] = True
    expected = peak_signal_noise_ratio(truth[:, 10:30, 5:50].numpy(), picture[:, 10:30, 5:50].numpy(), data_range=255)
    assert psnr(picture, truth, region) == pytest.approx(expected, abs=1e-10)


def test_psnr_of_an_empty_region_is_not_a_number(picture: Tensor, truth: Tensor) -> None:
    assert math.isnan(psnr(picture, truth, torch.zeros(48, 64, dtype=torch.bool)))


def test_psnr_of_chroma_equals_numpy() -> None:
    chroma, truth = 40 * torch.randn(2, 2, 9, 11, generator=torch.Generator().manual_seed(0))
    error = np.mean((chroma.numpy().astype(np.float64) - truth.numpy().astype(np.float64)) ** 2)
    assert psnr_ab(chroma, truth) == pytest.approx(10 * np.log10(255**2 / error), abs=1e-10)


def test_wrapping_psnr_is_right_below_a_difference_of_16_and_flatters_above() -> None:
    truth = torch.full((3, 8, 8), 100, dtype=torch.uint8)
    for difference in (1, 7, 15):
        assert wrapping_psnr(truth + difference, truth) == pytest.approx(psnr(truth + difference, truth))
        assert wrapping_psnr(truth - difference, truth) == pytest.approx(psnr(truth - difference, truth))
    assert wrapping_psnr(truth + 16, truth) == HIGHEST_DB  # 256 modulo 256
    assert wrapping_psnr(truth + 17, truth) == pytest.approx(10 * math.log10(255**2 / 33))


def test_two_random_pictures_score_27_9_instead_of_7_8() -> None:
    one, other = torch.randint(
        0, 256, (2, 3, 400, 400), generator=torch.Generator().manual_seed(0), dtype=torch.uint8
    )
    assert psnr(one, other) == pytest.approx(7.75, abs=0.05)
    assert wrapping_psnr(one, other) == pytest.approx(27.9, abs=0.02)


def test_no_color_at_all_scores_30_7_instead_of_21_6() -> None:
    """A ramp of L* under stripes of every hue, made gray with its L* kept."""
    ramp = torch.linspace(25, 80, 96).expand(64, -1)
    hue = torch.linspace(0, 2 * torch.pi, 65)[:64, None]
    radius = torch.where(torch.arange(96) % 16 < 9, 23.9, 0.0)
    truth = color.combine(ramp[None], torch.stack((radius * hue.cos(), radius * hue.sin())))
    gray = color.combine(color.split(truth)[0], torch.zeros(2, 64, 96))
    assert psnr(gray, truth) == pytest.approx(21.6, abs=0.05)
    assert wrapping_psnr(gray, truth) == pytest.approx(30.7, abs=0.05)
