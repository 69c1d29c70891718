"""Optical flow: its direction and size, where it is trusted, and pictures too small or too plain for it."""

import pytest
import torch

from kinemacolor.layers.flow import Preset, consistent, gray_image, inside, optical_flow
from kinemacolor.layers.warp import warp
from kinemacolor.resize import resize


def texture(height: int, width: int, seed: int = 0) -> torch.Tensor:
    """A luma with detail at several scales."""
    generator = torch.Generator().manual_seed(seed)
    parts = [
        weight * resize(torch.rand(1, height // cell, width // cell, generator=generator), (height, width))
        for cell, weight in ((32, 50.0), (8, 30.0), (4, 20.0))
    ]
    return torch.stack(parts).sum(0)


@pytest.mark.parametrize("preset", ["ultrafast", "fast", "medium", "sparse", "fine"])
def test_a_pan_is_found_in_pixels(preset: Preset) -> None:
    world = texture(128, 192)
    before, after = world[:, 16:112, 20:164], world[:, 13:109, 25:169]
    flow = optical_flow(after, before, preset=preset)
    core = flow[:, 16:-16, 16:-16].flatten(1).median(1).values
    assert torch.allclose(core, torch.tensor([5.0, -3.0]), atol=0.25)
    assert (warp(before, flow) - after)[:, 16:-16, 16:-16].abs().mean() < 2


def test_a_pan_is_consistent_except_where_it_left_the_picture() -> None:
    world = texture(128, 192)
    before, after = world[:, 16:112, 20:164], world[:, 16:112, 28:172]
    back, forth = optical_flow(after, before), optical_flow(before, after)
    trusted = consistent(back, forth)
    assert trusted.shape == (1, 96, 144)
    assert trusted[:, 8:-8, 8:-16].float().mean() > 0.9
    assert not trusted[:, :, -4:].any()


def test_a_cut_is_inconsistent_nearly_everywhere() -> None:
    one, other = texture(96, 144, seed=1), texture(96, 144, seed=2)
    trusted = consistent(optical_flow(one, other), optical_flow(other, one))
    assert trusted.float().mean() < 0.3


def test_consistency_follows_sundarams_bound() -> None:
    forward = torch.zeros(2, 1, 3)
    backward = torch.zeros(2, 1, 3)
    backward[0, 0] = torch.tensor([0.0, 0.7, 0.72])  # 0.49 < 0.01 * 0.49 + 0.5, but 0.5184 > 0.01 * 0.5184 + 0.5
    assert consistent(forward, backward).flatten().tolist() == [True, True, False]


def test_inside_counts_half_a_pixel_beyond_the_outer_centers() -> None:
    flow = torch.zeros(2, 1, 3)
    flow[0, 0] = torch.tensor([-0.4, 1.6, 0.4])
    assert inside(flow).flatten().tolist() == [True, False, True]
    flow[0, 0, 0] = -0.6
    assert not inside(flow)[0, 0]


# OpenCV's own DIS raises on the first three and ends the process on the others
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (300, 2), (12, 100), (16, 300), (14, 900)])
@pytest.mark.parametrize("preset", ["ultrafast", "fast", "medium", "sparse", "fine"])
def test_case_08_small_and_narrow_pictures_have_a_flow(size: tuple[int, int], preset: Preset) -> None:
    generator = torch.Generator().manual_seed(3)
    one, other = (100 * torch.rand(1, *size, generator=generator) for _ in range(2))
    flow = optical_flow(one, other, preset=preset)
    assert flow.shape == (2, *size)
    assert torch.isfinite(flow).all()


@pytest.mark.parametrize("level", [0.0, 50.0, 100.0])
def test_case_18_constant_frames_have_a_finite_flow_that_stays_inside(level: float) -> None:
    plain = torch.full((1, 64, 96), level)
    flow = optical_flow(plain, plain)
    assert torch.allclose(flow, torch.zeros_like(flow), atol=1e-3)
    assert consistent(flow, flow).all()


def test_the_picture_read_is_8_bit_and_not_below_32_px() -> None:
    image = gray_image(torch.tensor([[[0.0, 100.0, 120.0]]]))
    assert image.shape == (32, 32)
    assert image.dtype == "uint8"
    assert image[0, :4].tolist() == [0, 255, 255, 255]
