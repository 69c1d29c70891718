"""Tests of the figures and the pictures of an evaluation."""

import io
import math
from dataclasses import replace

import pytest
import torch
from PIL import Image
from standin import RECIPE, Squares, Standin

from kinemacolor import color
from kinemacolor.data.dataset import Request
from kinemacolor.training.validate import psnr_of, validate

CPU = torch.device("cpu")
SAMPLES = [Squares()[Request(i, frames=2, crop_px=32)] for i in range(10)]


def test_psnr_is_that_of_8_bit_srgb_under_the_true_luma() -> None:
    luma, chroma = torch.full((1, 2, 2), 60.0), torch.tensor([20.0, 30.0])[:, None, None].expand(2, 2, 2)
    ours, theirs = color.combine(luma, 0 * chroma).double(), color.combine(luma, chroma).double()
    expected = 10 * math.log10(255**2 / float((ours - theirs).square().mean()))
    assert psnr_of(luma, 0 * chroma, chroma) == pytest.approx(expected)
    assert psnr_of(luma, chroma, chroma) == 100.0


def test_an_evaluation_averages_over_frames_and_clips_and_names_the_last_frame_alone() -> None:
    def only_the_first(_network, batch):
        chromas = batch.chromas.clone()
        chromas[:, -1] = 0
        return chromas

    found = validate(replace(RECIPE, predict=only_the_first), Standin(), SAMPLES, CPU)
    gray = [psnr_of(s.lumas[-1], 0 * s.chromas[-1], s.chromas[-1]) for s in SAMPLES]
    assert found.psnr_last == pytest.approx(sum(gray) / len(gray))
    assert found.psnr == pytest.approx((100 + found.psnr_last) / 2)


def test_a_strip_has_a_row_of_five_pictures_for_each_of_the_first_eight_clips() -> None:
    truth = replace(RECIPE, predict=lambda _, batch: batch.chromas)
    with Image.open(io.BytesIO(validate(truth, Standin(), SAMPLES, CPU).strip())) as strip:
        assert strip.size == (5 * 32, 8 * 32)
        colored, true = (strip.crop((32 * i, 0, 32 * i + 32, 256)).tobytes() for i in (3, 4))
        gray = strip.crop((32, 0, 64, 256)).tobytes()
    assert colored == true
    assert gray != true
