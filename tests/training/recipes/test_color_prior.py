"""Tests of the color prior's recipe on a tiny network of its kind."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from standin import Squares
from tiny_prior import recipe as tiny

from kinemacolor.data.dataset import Request
from kinemacolor.data.draw import generator_of
from kinemacolor.data.samples import collate
from kinemacolor.models.color_prior import ColorPrior, ColorPriorConfig
from kinemacolor.training.loop import RunSettings, train
from kinemacolor.training.recipe import Moment
from kinemacolor.training.recipes import recipe_named
from kinemacolor.training.recipes.color_prior import changed_colors, losses, predict
from kinemacolor.training.runlog import read_log


def test_the_last_quarter_or_so_is_learnt_at_the_size_it_is_used_at() -> None:
    assert [stage.crop_px for stage in recipe_named("color-prior").stages] == [192, 256]


def test_the_trunk_learns_slowly_from_stride_16_on_but_for_its_depthwise_kernels() -> None:
    network = ColorPrior(ColorPriorConfig.tiny())
    (own, rate), (trunk, slow) = tiny(None).parameter_groups(network)
    assert (rate, slow) == (1.0, 0.125)
    names = {id(p): name for name, p in network.named_parameters()}
    assert {names[id(p)].split(".")[0] for p in own} == {name for name, _ in network.named_children()} - {"trunk"} - {
        "dropped",
        "dropped_fine",
    }
    learning = {names[id(p)] for p in trunk}
    assert all(int(name.split(".")[2]) > network.trunk.block_at(8) for name in learning)
    assert not any("depthwise" in name for name in learning)


def test_every_parameter_that_learns_gets_a_gradient() -> None:
    torch.manual_seed(0)
    network = ColorPrior(ColorPriorConfig.tiny())
    for parameter in network.parameters():  # as after some steps: zeroed layers pass nothing on
        parameter.data += 0.02 * torch.randn_like(parameter)
    batch = collate([Squares()[Request(i, 1, 64)] for i in range(3)])
    sum(losses(network, batch, Moment(0, 0.0, generator_of(0))).values()).backward()
    for parameters, _ in tiny(None).parameter_groups(network):
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in parameters)


def test_colors_are_changed_in_both_of_a_pair_and_only_where_each_sees_the_other() -> None:
    frames, exemplars = torch.randn(64, 2, 4, 4) * 20, torch.randn(64, 2, 4, 4) * 20
    mutual = torch.arange(64) % 2 == 0
    made = changed_colors(frames, exemplars, mutual, generator_of(1))
    new_frames, new_exemplars = made[:64], made[64:]
    assert torch.equal(new_frames[1::2], frames[1::2])
    assert torch.equal(new_exemplars[1::2], exemplars[1::2])
    changed = (new_frames != frames).flatten(1).any(1)
    assert 4 <= changed.sum() <= 24
    assert torch.equal(changed, (new_exemplars != exemplars).flatten(1).any(1))
    # one turn and one factor for both: the angle between the two stays
    angle = torch.atan2(frames[:, 1], frames[:, 0]) - torch.atan2(exemplars[:, 1], exemplars[:, 0])
    new_angle = torch.atan2(new_frames[:, 1], new_frames[:, 0]) - torch.atan2(
        new_exemplars[:, 1], new_exemplars[:, 0]
    )
    assert torch.allclose((new_angle - angle).cos(), torch.ones(()), atol=1e-4)


def test_a_short_run_learns_to_copy(tmp_path: Path) -> None:
    recipe = replace(tiny(None), batch=4)
    train(recipe, Squares(), tmp_path, steps=60, settings=RunSettings(device="cpu", log_every_steps=1))
    lost = [entry["loss"] for entry in read_log(tmp_path) if "loss" in entry]
    assert sum(lost[-10:]) < sum(lost[:10]) - 2
    network = ColorPrior(ColorPriorConfig.tiny())
    network.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    batch = collate([Squares()[Request(1000, 2, 64)]])
    made = predict(network.eval(), batch)
    assert made.shape == batch.chromas.shape
    assert (made - batch.chromas).square().mean() < 0.5 * batch.chromas.square().mean()


@pytest.mark.parametrize("bf16", [False, True])
def test_a_parted_run_equals_a_whole_one(tmp_path: Path, bf16: bool) -> None:
    recipe = replace(tiny(None), bf16=bf16)
    held_out = [Squares()[Request(1000, 2, 64)]]
    given, settings = {"steps": 3, "validation": held_out}, RunSettings(device="cpu")
    train(recipe, Squares(), tmp_path / "whole", **given, settings=settings)
    for _ in range(3):
        train(recipe, Squares(), tmp_path / "parted", **given, settings=replace(settings, stop_after_minutes=0.0))
    ours, theirs = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parted"))
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
