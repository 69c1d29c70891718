"""Tests of ColorMNet-small's recipe on a tiny network of its kind."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from standin import Squares

from colormnet_small import ColorMNetSmall, ColorMNetSmallConfig
from colormnet_small.recipe import recipe
from kinemacolor.data.dataset import Request
from kinemacolor.training.loop import RunSettings, train
from kinemacolor.training.recipe import Recipe, Stage


def tiny() -> Recipe:
    """For a tiny network, small clips and a short run."""
    stages = (Stage(0.7, frames=2, crop_px=32), Stage(1.0, frames=3, crop_px=32))
    made = recipe(None, config=ColorMNetSmallConfig.tiny())
    return replace(made, stages=stages, batch=1, learning_rate=3e-3, warm_up_steps=10)


def test_the_trunk_learns_slowly_and_every_weight_is_in_one_group() -> None:
    network = ColorMNetSmall(ColorMNetSmallConfig.tiny())
    (trunk, slow), (rest, full) = tiny().parameter_groups(network)
    assert (slow, full) == (0.1, 1.0)
    assert len(trunk) + len(rest) == len(list(network.parameters()))
    assert len({id(p) for p in [*trunk, *rest]}) == len(trunk) + len(rest)


def test_clips_and_crops_grow_and_fit_the_network() -> None:
    stages = recipe().stages
    assert [stage.frames for stage in stages] == sorted(stage.frames for stage in stages)
    assert [stage.crop_px for stage in stages] == sorted(stage.crop_px for stage in stages)
    assert all(stage.crop_px % 32 == 0 for stage in stages)


def test_a_parted_run_equals_a_whole_one_and_may_begin_another(tmp_path: Path) -> None:
    held_out = [Squares()[Request(1000, 2, 32)]]
    given = {"steps": 4, "validation": held_out}
    settings = RunSettings(device="cpu")
    train(tiny(), Squares(), tmp_path / "whole", **given, settings=settings)
    for _ in range(4):
        train(tiny(), Squares(), tmp_path / "parted", **given, settings=replace(settings, stop_after_minutes=0.0))
    ours, theirs = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parted"))
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    begun = recipe(tmp_path / "whole" / "weights.safetensors")
    network = begun.network()
    weights = load_file(tmp_path / "whole" / "weights.safetensors")
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())
    assert all(parameter.requires_grad for parameter in network.parameters())
