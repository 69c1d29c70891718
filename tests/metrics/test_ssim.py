import pytest
import torch
from skimage.metrics import structural_similarity
from torch import Tensor

from kinemacolor.metrics.ssim import ssim


def images(*pictures: Tensor) -> list:
    return [picture.permute(1, 2, 0).numpy() for picture in pictures]


def test_uniform_ssim_equals_scikit_image(picture: Tensor, truth: Tensor) -> None:
    expected = structural_similarity(*images(picture, truth), channel_axis=-1, data_range=255)
    assert ssim(picture, truth, window="uniform7") == pytest.approx(expected, abs=1e-9)


def test_gaussian_ssim_equals_scikit_image(picture: Tensor, truth: Tensor) -> None:
    expected = structural_similarity(
        *images(picture, truth),
        channel_axis=-1,
        data_range=255,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(picture, truth, window="gaussian11") == pytest.approx(expected, abs=1e-9)


def test_both_windows_give_one_for_equal_pictures_and_differ_otherwise(picture: Tensor, truth: Tensor) -> None:
    assert ssim(picture, picture, window="uniform7") == pytest.approx(1)
    assert abs(ssim(picture, truth, window="uniform7") - ssim(picture, truth, window="gaussian11")) > 1e-4


def test_a_picture_below_the_window_is_refused() -> None:
    small = torch.zeros(3, 9, 20, dtype=torch.uint8)
    assert ssim(small, small, window="uniform7") == pytest.approx(1)
    with pytest.raises(ValueError, match="11 px"):
        ssim(small, small, window="gaussian11")
