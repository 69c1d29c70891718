"""The cost of a recipe, on a tiny network and three photographs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_prior import recipe as tiny

import training_cost
from kinemacolor.training.folders import DataSettings
from kinemacolor.training.loop import RunSettings
from kinemacolor.training.recipe import Stage
from training_cost import StageCost, costs, table


def photographs(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(3):
        coarse = Image.fromarray(rng.integers(0, 256, (8, 10, 3), dtype=np.uint8))
        coarse.resize((160, 128), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder


def test_each_stage_is_run_at_its_own_size_and_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, ...]] = []
    small = tiny(None)
    learned = small.losses

    def noted(network: object, batch: object, moment: object) -> object:
        sizes.append(tuple(batch.lumas.shape[-2:]))  # type: ignore[attr-defined]
        return learned(network, batch, moment)  # type: ignore[arg-type]

    monkeypatch.setattr(training_cost, "WARM_UP", 1)
    data = DataSettings([photographs(tmp_path / "photos")], held_out=0, cache=tmp_path / "cache")
    found = costs(replace(small, losses=noted), data, RunSettings(device="cpu"), 2)  # type: ignore[arg-type]
    assert sizes == [(64, 64)] * 3 + [(96, 96)] * 3
    assert [(each.part, len(each.seconds)) for each in found] == [(0.7, 2), (pytest.approx(0.3), 2)]
    assert all(seconds > 0 for each in found for seconds in each.seconds)


def test_hours_are_those_of_all_steps_of_the_run() -> None:
    first = StageCost(Stage(0.75, frames=1, crop_px=192), 0.75, (0.5, 1.0, 9.0))
    second = StageCost(Stage(1.0, frames=1, crop_px=256), 0.25, (2.0, 2.0))
    assert (first.hours(3600), second.hours(3600)) == (0.75, 0.5)
    told = table(tiny(None), [first, second], 3600)
    assert "| 1 | 1 | 192 px | 75 % | 1.000 |" in told
    assert told.endswith("color-prior, 3600 steps of 2: 1.25 hours.")
