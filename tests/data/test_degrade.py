"""Tests of wear: each kind does what it says, and to the luma only by construction."""

import pytest
import torch

from kinemacolor.data import degrade as wear
from kinemacolor.data.draw import generator_of

KINDS = [
    wear.change_contrast,
    wear.lose_highlights,
    wear.blur,
    wear.flicker,
    wear.scratch,
    wear.add_dust,
    wear.add_grain,
]


@pytest.fixture
def lumas() -> torch.Tensor:
    picture = torch.rand(1, 1, 24, 32, generator=torch.Generator().manual_seed(0)) * 100
    return picture.expand(3, -1, -1, -1)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_changes_the_luma_keeps_its_range_and_repeats_for_its_seed(kind, lumas: torch.Tensor) -> None:
    worn = kind(lumas, generator_of(5))
    assert worn.shape == lumas.shape
    assert not torch.equal(worn, lumas)
    assert worn.min() >= 0
    assert worn.max() <= 100.001
    assert torch.equal(worn, kind(lumas, generator_of(5)))


@pytest.mark.parametrize(("kind", "moves"), [(k, k in KINDS[3:]) for k in KINDS])
def test_contrast_highlights_and_blur_are_one_for_the_clip_the_rest_new_on_each_frame(
    kind, moves: bool, lumas: torch.Tensor
) -> None:
    worn = kind(lumas, generator_of(5))
    assert torch.equal(worn[0], worn[1]) != moves


def test_lost_highlights_are_white_and_the_dark_is_only_scaled(lumas: torch.Tensor) -> None:
    worn = wear.lose_highlights(lumas, generator_of(1))
    assert torch.all(worn[lumas > 92] == 100)
    dark = lumas < 60
    ratio = worn[dark] / lumas[dark]
    assert torch.allclose(ratio, ratio[0].expand_as(ratio), rtol=1e-4)


def test_blur_keeps_a_flat_picture() -> None:
    flat = torch.full((2, 1, 9, 7), 40.0)
    assert torch.allclose(wear.gaussian(flat, 1.3), flat, atol=1e-4)


def test_without_any_wear_nothing_changes(lumas: torch.Tensor) -> None:
    assert torch.equal(wear.degrade(lumas, wear.Wear(*[0.0] * 7), generator_of(1)), lumas)
