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
from kinemacolor.models.colormnet_lite.clip import ClipSettings, scored_clips
from kinemacolor.training.loop import RunSettings, train
from kinemacolor.training.recipes import recipe_named
from kinemacolor.training.recipes.colormnet_lite import error_likelihood, prior_losses


def test_guess_and_judge_learn_and_nothing_else() -> None:
    network = ColorMNetLite(ColorMNetLiteConfig.tiny())
    groups = tiny(None).parameter_groups(network)
    learning = {id(p) for group, _ in groups for p in group}
    assert learning == {id(p) for part in (network.prior, network.confidence_head) for p in part.parameters()}


def test_single_pictures_come_before_clips() -> None:
    stages = recipe_named("colormnet-lite").stages
    assert [stage.frames > 1 for stage in stages] == [False, True]


def test_only_the_judge_learns_from_clips_and_only_from_their_last_frames() -> None:
    torch.manual_seed(0)
    network = ColorMNetLite(ColorMNetLiteConfig.tiny())
    batch = collate([Squares()[Request(i, 5, 64)] for i in range(2)])
    exemplar = batch.exemplar_luma, batch.exemplar_chroma, batch.related
    scored = scored_clips(network, batch.lumas, *exemplar, generator_of(0), ClipSettings(scored=2))
    assert scored.chromas.shape == (2, 2, 2, 32, 32)
    assert scored.log_error.shape == (2, 2, 1, 16, 16)
    whole = scored_clips(network, batch.lumas, *exemplar, generator_of(0), ClipSettings(scored=9))
    assert whole.chromas.shape[1] == 5
    assert torch.equal(whole.chromas[:, -2:], scored.chromas)
    assert not scored.chromas.requires_grad
    scored.log_error.sum().backward()
    assert network.confidence_head.last.weight.grad is not None
    assert network.prior.last.weight.grad is None


def test_a_guess_of_the_truth_costs_nothing() -> None:
    torch.manual_seed(0)
    network = ColorMNetLite(ColorMNetLiteConfig.tiny())
    assert network.prior.last.bias is not None
    chromas = torch.tensor([10.0, -6.0])[None, :, None, None].expand(1, 2, 64, 64)
    lumas = torch.rand(1, 1, 64, 64) * 100
    off = prior_losses(network, lumas, chromas)["prior"].item()
    assert off == pytest.approx((10**2 + 6**2) / 2 / 10**2, abs=1e-4)
    network.prior.last.bias.data.copy_(torch.tensor([0.5, -0.3, 0.0]))
    assert prior_losses(network, lumas, chromas)["prior"].item() == pytest.approx(0, abs=1e-6)


def test_the_likelihood_of_an_error_is_best_where_it_is_foretold() -> None:
    truth, chromas = torch.zeros(1, 1, 2, 8, 8), torch.full((1, 1, 2, 4, 4), 3.5)
    # the mean of |3.5| over a* and b*, and 0.5: an error of 4; at s = 4 the loss is 1 + log 4
    foretold = torch.full((1, 1, 1, 2, 2), 4.0).log()
    assert error_likelihood(chromas, foretold, truth).item() == pytest.approx(1 + 1.386294, abs=1e-5)
    for other in (2.0, 8.0):
        assert error_likelihood(chromas, torch.full((1, 1, 1, 2, 2), other).log(), truth) > 1 + 1.39


def test_a_parted_run_equals_a_whole_one(tmp_path: Path) -> None:
    recipe = replace(tiny(None), batch=1)
    held_out = [Squares()[Request(1000, 2, 64)]]
    given = {"steps": 3, "validation": held_out}
    settings = RunSettings(device="cpu")
    train(recipe, Squares(), tmp_path / "whole", **given, settings=settings)
    for _ in range(3):
        train(recipe, Squares(), tmp_path / "parted", **given, settings=replace(settings, stop_after_minutes=0.0))
    ours, theirs = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parted"))
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
