"""Warping: which pixel is read, between pixels, beyond the border, from a picture of another size."""

import torch

from kinemacolor.layers.warp import warp


def shift(x: float, y: float, height: int, width: int) -> torch.Tensor:
    return torch.tensor([x, y], dtype=torch.float32).reshape(2, 1, 1).expand(2, height, width)


def test_no_displacement_gives_the_picture_back() -> None:
    planes = torch.rand(3, 7, 9)
    assert torch.allclose(warp(planes, torch.zeros(2, 7, 9)), planes, atol=1e-5)


def test_a_point_is_read_at_its_own_place_plus_the_flow() -> None:
    planes = torch.arange(20.0).reshape(1, 4, 5)
    moved = warp(planes, shift(2, 1, 4, 5))
    assert torch.allclose(moved[0, :3, :3], planes[0, 1:, 2:], atol=1e-4)


def test_half_a_pixel_is_the_mean_of_two() -> None:
    planes = torch.tensor([[[0.0, 10.0, 30.0]]])
    assert torch.allclose(warp(planes, shift(0.5, 0, 1, 3))[0, 0, :2], torch.tensor([5.0, 20.0]), atol=1e-4)


def test_beyond_the_border_lies_the_border() -> None:
    planes = torch.arange(6.0).reshape(1, 2, 3)
    assert torch.allclose(warp(planes, shift(50, 0, 2, 3))[0], planes[0, :, 2:].expand(2, 3))


def test_a_picture_of_another_size_is_read_in_its_own_pixels() -> None:
    planes = torch.arange(40.0).reshape(1, 5, 8)
    assert torch.allclose(warp(planes, shift(3, 2, 2, 2)), planes[:, 2:4, 3:5], atol=1e-4)
