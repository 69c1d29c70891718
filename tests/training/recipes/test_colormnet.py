"""Tests of ColorMNet's recipe on a tiny network of its kind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from standin import Squares

from kinemacolor.data.dataset import Request
from kinemacolor.errors import ModelError
from kinemacolor.models import colormnet
from kinemacolor.models.colormnet import ColorMNetConfig
from kinemacolor.training.loop import Progress, RunSettings, TrainingResult, train
from kinemacolor.training.recipe import Recipe, Stage
from kinemacolor.training.recipes import recipe_named
from kinemacolor.training.recipes.colormnet import recipe


def tiny(**changes: object) -> Recipe:
    made = recipe(config=ColorMNetConfig.tiny())
    return replace(made, stages=(Stage(1.0, frames=5, crop_px=32),), batch=1, **changes)


def test_the_numbers_are_the_papers() -> None:
    paper = recipe_named("colormnet")
    assert (paper.learning_rate, paper.batch, paper.steps, paper.weight_decay) == (2e-5, 4, 160_000, 0.0)
    assert (paper.decay, paper.clip_norm) == ("none", None)
    stages = [paper.stage_at(step / paper.steps) for step in (0, 15_000, 45_000, 135_000)]
    assert [stage.max_jump for stage in stages] == [5, 10, 15, 5]
    assert {(stage.frames, stage.crop_px) for stage in stages} == {(7, 448)}


def test_training_stops_and_goes_on_and_ends_with_weights_that_load(tmp_path: Path) -> None:
    held_out = [Squares()[Request(1000, 2, 32)]]
    settings = RunSettings(device="cpu", checkpoint_every_steps=1)

    def go(name: str, progress: Callable[[Progress], None] | None = None) -> TrainingResult:
        out = tmp_path / name
        return train(tiny(), Squares(), out, steps=3, validation=held_out, settings=settings, progress=progress)

    def crash(progress: Progress) -> None:
        if progress.step == 3:
            raise KeyboardInterrupt

    go("whole")
    with pytest.raises(KeyboardInterrupt):
        go("parted", crash)
    result = go("parted")
    ours, theirs = (load_file(tmp_path / name / "weights.safetensors") for name in ("whole", "parted"))
    assert all(torch.equal(ours[key], theirs[key]) for key in ours)
    assert result.psnr is not None
    loaded = colormnet.load(result.weights)
    assert next(loaded.network.parameters()).isfinite().all()
    assert recipe(result.weights).network().config == ColorMNetConfig.tiny()


def test_computing_activations_twice_gives_the_same_weights(tmp_path: Path) -> None:
    for name in (True, False):
        settings = RunSettings(device="cpu", checkpointed=name)
        train(tiny(learning_rate=1e-3), Squares(), tmp_path / str(name), steps=2, settings=settings)
    ours, theirs = (load_file(tmp_path / name / "weights.safetensors") for name in ("True", "False"))
    assert all(torch.allclose(ours[key], theirs[key], atol=1e-6) for key in ours)


def test_an_unknown_recipe_is_named_beside_those_there_are() -> None:
    known = r"no recipe 'colourmnet'\. Recipes: color-prior, colormnet, colormnet-lite, deep-exemplar"
    with pytest.raises(ModelError, match=known):
        recipe_named("colourmnet")
