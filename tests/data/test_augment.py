"""Tests of crops, changed colors and clips made from photographs."""

import math

import pytest
import torch

from kinemacolor.color import chroma_magnitude
from kinemacolor.data import augment
from kinemacolor.data.augment import ColorChange
from kinemacolor.data.draw import generator_of


@pytest.fixture
def photograph() -> torch.Tensor:
    coarse = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(coarse, (48, 64), mode="bilinear")[0]


def test_a_crop_lies_in_the_picture_and_has_the_area_and_aspect_asked_for() -> None:
    for number in range(300):
        top, left, rows, columns = augment.crop_box((240, 320), generator_of(number))
        assert min(top, left) >= 0
        assert top + rows <= 240
        assert left + columns <= 320
        assert 0.3 <= rows * columns / (240 * 320) <= 1
        assert columns / rows <= 4 / 3 + 0.02


def test_the_whole_picture_is_cropped_where_only_that_is_allowed() -> None:
    box = augment.crop_box((50, 50), generator_of(1), area=(1.0, 1.0), aspect=(1.0, 1.0))
    assert box == (0, 0, 50, 50)


def test_a_quarter_turn_of_hue_makes_red_green_to_yellow_and_halves_chroma() -> None:
    chromas = torch.tensor([20.0, 0.0])[:, None, None].expand(2, 3, 3)
    turned = ColorChange(math.pi / 2, 0.5).apply(chromas)
    assert torch.allclose(turned[:, 0, 0], torch.tensor([0.0, 10.0]), atol=1e-5)


def test_a_change_of_hue_keeps_chroma_within_its_range() -> None:
    chromas = torch.tensor([100.0, 100.0])[:, None, None].expand(2, 2, 2)
    turned = ColorChange(math.pi / 4, 1.4).apply(chromas)
    assert turned.abs().max() <= 110
    assert torch.allclose(chroma_magnitude(ColorChange(1.0).apply(chromas / 5)), chroma_magnitude(chromas / 5))


def test_a_photograph_becomes_a_clip_that_moves_little_from_frame_to_frame(photograph: torch.Tensor) -> None:
    clip = augment.pseudo_clip(photograph, torch.arange(6.0), 32, generator_of(3))
    assert clip.shape == (6, 3, 32, 32)
    steps = (clip[1:] - clip[:-1]).abs().mean((1, 2, 3))
    assert torch.all(steps > 0)
    assert steps.max() < (clip[5] - clip[0]).abs().mean() * 1.5
    assert clip.min() >= 0
    assert clip.max() <= 1


def test_an_occluder_hides_a_part_and_leaves_the_rest_untouched(photograph: torch.Tensor) -> None:
    times = torch.arange(4.0)
    plain = augment.pseudo_clip(photograph, times, 32, generator_of(3))
    hidden = augment.pseudo_clip(photograph, times, 32, generator_of(3), occluder=1 - photograph)
    changed = ((plain - hidden).abs().amax(1) > 1e-6).float().mean()
    assert 0.005 < changed < 0.8


def test_exposure_drifts_within_a_clip() -> None:
    lumas = torch.full((4, 1, 2, 2), 60.0)
    drifted = augment.change_exposure(lumas, generator_of(1))[:, 0, 0, 0]
    assert len(set(drifted.tolist())) == 4
    assert (drifted - 60).abs().max() < 12
