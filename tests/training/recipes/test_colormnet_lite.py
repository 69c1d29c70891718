"""Tests of ColorMNet-lite's recipe on a tiny network of its kind."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from standin import Squares
from tiny_lite import recipe as tiny

from kinemacolor.data.dataset import Request
from kinemacolor.data.draw import generator_of
from kinemacolor.data.samples import collate
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteConfig
from kinemacolor.models.colormnet_lite.clip import ClipSettings, color_clips
from kinemacolor.training.loop import RunSettings, train
from kinemacolor.training.recipes import recipe_named
from kinemacolor.training.recipes.colormnet_lite import error_likelihood


def test_decoder_and_doubts_learn_and_nothing_else() -> None:
    network = ColorMNetLite(ColorMNetLiteConfig.tiny())
    groups = tiny(None).parameter_groups(network)
    learning = {id(p) for group, _ in groups for p in group}
    assert learning == {id(p) for part in (network.decoder, network.doubt) for p in part.parameters()}


def test_clips_and_crops_grow() -> None:
    recipe = recipe_named("colormnet-lite")
    assert [s.frames for s in recipe.stages] == sorted(s.frames for s in recipe.stages)
    assert [s.crop_px for s in recipe.stages] == sorted(s.crop_px for s in recipe.stages)


def test_only_the_last_frames_have_gradients() -> None:
    torch.manual_seed(0)
    network = ColorMNetLite(ColorMNetLiteConfig.tiny())
    batch = collate([Squares()[Request(i, 5, 64)] for i in range(2)])
    exemplar = batch.exemplar_luma, batch.exemplar_chroma, batch.related
    colored = color_clips(network, batch.lumas, *exemplar, generator_of(0), ClipSettings(learned=2))
    assert colored.chromas.shape == (2, 2, 2, 64, 64)
    assert colored.log_error.shape == (2, 2, 1, 32, 32)
    whole = color_clips(network, batch.lumas, *exemplar, generator_of(0), ClipSettings(learned=9))
    assert whole.chromas.shape[1] == 5
    assert torch.equal(whole.chromas[:, -2:], colored.chromas)
    colored.chromas.abs().sum().backward()
    assert network.decoder.last.weight.grad is not None
    assert network.decoder.last.weight.grad.abs().sum() > 0


def test_the_likelihood_of_an_error_is_best_where_it_is_foretold() -> None:
    truth, chromas = torch.zeros(1, 1, 2, 4, 4), torch.full((1, 1, 2, 4, 4), 3.5)
    # the mean of |3.5| over a* and b*, and 0.5: an error of 4; at s = 4 the loss is 1 + log 4
    foretold = torch.full((1, 1, 1, 2, 2), 4.0).log()
    assert error_likelihood(chromas, foretold, truth).item() == pytest.approx(1 + 1.386294, abs=1e-5)
    for other in (2.0, 8.0):
        assert error_likelihood(chromas, torch.full((1, 1, 1, 2, 2), other).log(), truth) > 1 + 1.39


def test_a_parted_run_equals_a_whole_one(tmp_path: Path) -> None:
    recipe = replace(tiny(None), batch=1)
    held_out = [Squares()[Request(1000, 2, 64)]]
    given = {"steps": 3, "validation": held_out, "device": "cpu"}
    train(recipe, Squares(), tmp_path / "whole", **given)
    for _ in range(3):
        train(recipe, Squares(), tmp_path / "parted", **given, settings=RunSettings(stop_after_minutes=0.0))
    ours, theirs = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parted"))
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
