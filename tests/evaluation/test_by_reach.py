"""Errors by how far the exemplar reaches, on a clip made here: a texture, then something new from the right."""

import math

import pytest
import torch
from torch import Tensor

from kinemacolor import color
from kinemacolor.evaluation.by_reach import ErrorByReach
from kinemacolor.evaluation.pair import Pair
from kinemacolor.frames import RGB

FRAMES, NEW_PX = 9, 64


def clip() -> list[RGB]:
    """A reddish texture of 64 x 128 that stands still; in the last five frames its right half is new, and blue."""
    made = torch.Generator().manual_seed(5)
    texture, other = (torch.rand(1, 1, 8, 16, generator=made) for _ in range(2))
    old, new = (torch.nn.functional.interpolate(x, (64, 128), mode="bicubic")[0] for x in (texture, other))
    labs = [torch.cat((40 + 20 * old, 0 * old + 30, 0 * old + 10)) for _ in range(FRAMES)]
    for lab in labs[4:]:
        blue = torch.cat((60 + 30 * new, 0 * new, 0 * new - 40))
        lab[:, :, NEW_PX:] = blue[:, :, NEW_PX:]
    return [color.combine(lab[:1], lab[1:]) for lab in labs]


def figures(pictures: list[RGB], truths: list[RGB], exemplars: tuple[int, ...] = (0,)) -> dict[str, float]:
    measure = ErrorByReach()
    for number, (picture, truth) in enumerate(zip(pictures, truths, strict=True)):
        assert measure.update(Pair(picture, truth, is_exemplar=number in exemplars)) == {}
    return measure.compute()


def gray_of(rgb: RGB) -> RGB:
    luma = color.lab_of(rgb)[:1]
    return color.combine(luma, torch.zeros(2, *luma.shape[-2:]))


@pytest.fixture(scope="module")
def truths() -> list[Tensor]:
    return clip()


def test_what_is_new_is_out_of_reach_and_the_rest_is_not(truths: list[Tensor]) -> None:
    found = figures(truths, truths)
    assert found["share_out"] == pytest.approx(50, abs=5)
    assert found["share_tracked"] + found["share_alike"] == pytest.approx(50, abs=5)
    assert found["rms_out"] == found["left_gray"] == 0
    assert found["kept_out"] == pytest.approx(100)


def test_color_lost_in_what_is_new_counts_there_alone(truths: list[Tensor]) -> None:
    pictures = [torch.cat((t[:, :, :NEW_PX], gray_of(t)[:, :, NEW_PX:]), dim=2) for t in truths]
    found = figures(pictures, truths)
    assert found["rms_out"] == pytest.approx(38, abs=5)
    assert found["kept_out"] < 10
    assert found["kept_tracked"] > 95
    assert found["left_gray"] == pytest.approx(50, abs=5)


def test_a_later_exemplar_answers_what_was_new(truths: list[Tensor]) -> None:
    found = figures([*truths, truths[-1]], [*truths, truths[-1]], exemplars=(0, 5))
    assert found["share_out"] == pytest.approx(25, abs=3)  # of two frames counted, the one before that exemplar


def test_without_an_exemplar_among_the_frames_nothing_is_said(truths: list[Tensor]) -> None:
    assert all(math.isnan(value) for value in figures(truths, truths, exemplars=()).values())
