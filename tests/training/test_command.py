"""Tests of ``kinemacolor train`` on tiny films and photographs."""

from dataclasses import replace
from pathlib import Path

import pytest
import tiny_lite
import torch
import typer
from typer.testing import CliRunner

from kinemacolor.cli import app
from kinemacolor.cli.train import train
from kinemacolor.data.cache import FrameCache
from kinemacolor.data.clips import Library
from kinemacolor.data.dataset import ClipDataset, Request, Variety
from kinemacolor.data.draw import generator_of
from kinemacolor.data.samples import Batch, collate
from kinemacolor.data.sources import find_sources
from kinemacolor.errors import SettingError
from kinemacolor.models import colormnet_lite
from kinemacolor.models.colormnet_lite import ColorMNetLiteConfig
from kinemacolor.training.folders import DataSettings, train_on_folders
from kinemacolor.training.recipe import Moment
from kinemacolor.training.recipes import RECIPES, recipe_named
from kinemacolor.training.runlog import read_log


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setitem(RECIPES, "standin", "standin")
    app = typer.Typer()
    app.command()(train)
    return app


def call(command: typer.Typer, *words: object, **given: object):
    return CliRunner().invoke(command, ["standin", *map(str, words)], catch_exceptions=False)


def test_the_command_trains_ends_for_the_day_and_goes_on(
    command: typer.Typer, training_films: Path, tmp_path: Path
) -> None:
    words = ["--data", training_films, "-o", tmp_path / "run", "--steps", 6, "--held-out", 1, "--device", "cpu"]
    words += ["--cache", tmp_path / "cache", "--short-side", 48, "--evaluate-every", 3]
    first = call(command, *words, "--minutes", 0)
    assert first.exit_code == 0
    assert "step 1, loss" in first.stderr
    assert "(out of time)" in first.stderr
    second = call(command, *words)
    assert "dB (complete)" in second.stderr
    assert [entry["step"] for entry in read_log(tmp_path / "run")] == [1, 3, 6]
    fresh = call(command, *words, "--fresh", "--minutes", 0)
    assert "step 1, loss" in fresh.stderr


def test_only_the_licence_class_asked_for_is_learnt_from(
    command: typer.Typer, training_films: Path, tmp_path: Path
) -> None:
    words = [
        "--data",
        training_films,
        "-o",
        tmp_path / "run",
        "--steps",
        1,
        "--device",
        "cpu",
        "--cache",
        tmp_path / "cache",
    ]
    assert call(command, *words, "--licence-class", "free").exit_code == 0
    assert len(list((tmp_path / "cache").glob("*.shots.npy"))) == 4
    with pytest.raises(SettingError, match=r"SOURCES\.csv"):
        call(command, "--data", tmp_path / "cache", "-o", tmp_path / "other", "--licence-class", "free")


def test_films_to_measure_on_are_never_learnt_from(
    training_films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from standin import RECIPE

    from kinemacolor.training import folders
    from kinemacolor.training.loop import TrainingResult

    seen = {}

    def note(_recipe, dataset, _out, **given):
        seen.update(dataset=dataset, validation=given["validation"])
        return TrainingResult(0, 0.0, None, "complete", tmp_path)

    monkeypatch.setattr(folders, "train", note)
    data = DataSettings(
        [training_films], validation=[training_films / "film0.mp4"], cache=tmp_path / "cache", short_side_px=48
    )
    train_on_folders(RECIPE, data, tmp_path)
    names = {clip.source.path.name for clip in seen["dataset"].library.clips}
    assert names == {f"film{i}.mp4" for i in range(1, 5)}
    assert len(seen["validation"]) == 1
    train_on_folders(
        RECIPE, DataSettings([training_films], held_out=1, cache=tmp_path / "cache", short_side_px=48), tmp_path
    )
    assert len(seen["dataset"].library.clips) == 4
    assert len(seen["validation"]) == 1


def losses_of(weights: Path | None, batch: Batch) -> dict[str, float]:
    """The recipe's losses of the weights, or of a network at its beginning."""
    torch.manual_seed(0)
    recipe = tiny_lite.recipe(weights)
    with torch.no_grad():
        terms = recipe.losses(recipe.network().eval(), batch, Moment(0, 0.0, generator_of(0)))
    return {name: term.item() for name, term in terms.items()}


def test_the_command_run_for_200_steps_lowers_the_losses(
    training_films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "tiny-lite", "tiny_lite")
    app = typer.Typer()
    app.command()(train)
    words = ["tiny-lite", "--data", training_films, "-o", tmp_path / "run", "--steps", 200, "--held-out", 1]
    words += ["--device", "cpu", "--cache", tmp_path / "cache", "--short-side", 48, "--evaluate-every", 100]
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert "step 200" in done.stderr
    library = Library.open(find_sources([training_films]), FrameCache(tmp_path / "cache", short_side_px=48))
    samples = ClipDataset(library, Variety(color_change=0.0), seed=1)
    batch = collate([samples[Request(i, frames=4, crop_px=64)] for i in range(24)])
    before, after = (losses_of(weights, batch) for weights in (None, tmp_path / "run" / "weights.safetensors"))
    assert after["prior"] < 0.95 * before["prior"]
    assert after["confidence"] < before["confidence"]
    assert sum(after.values()) < sum(before.values())
    loaded = colormnet_lite.load(tmp_path / "run" / "weights.safetensors")
    assert loaded.network.config == ColorMNetLiteConfig.tiny()


@pytest.mark.parametrize(("option", "lines"), [("--license-class", 0), ("--licence-class", 1)])
def test_the_old_spelling_of_an_option_works_and_says_so(option: str, lines: int, training_films: Path) -> None:
    given = ["train", "colormnet-lite", "--data", str(training_films), "--out", "unused", option, "permissive"]
    done = CliRunner().invoke(app, given)
    assert "of license class permissive" in str(done.exception)
    assert done.stderr.count("is now spelled --license-class") == lines


def test_what_a_list_names_is_never_learnt_from(command: typer.Typer, training_films: Path, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("film[0-2]\nphoto*  # all of them\n")
    words = ["--data", training_films, "-o", tmp_path / "run", "--steps", 1, "--device", "cpu", "--held-out", 0]
    assert call(command, *words, "--cache", tmp_path / "cache", "--exclude", tmp_path / "list.txt").exit_code == 0
    assert len(list((tmp_path / "cache").glob("*.shots.npy"))) == 2
    assert len(list((tmp_path / "cache").glob("*.npy"))) == 4


@pytest.mark.parametrize(
    "words",
    ["--batch -1", "--batch 0", "--steps 0", "--steps -3", "--minutes -1", "--minutes nan", "--short-side 4",
     "--max-frames 0", "--held-out -1", "--workers -1", "--evaluate-every 0", "--steps 1e3", "--batch nan"],
)  # fmt: skip
def test_a_number_below_what_is_possible_is_one_plain_error(words: str, tmp_path: Path) -> None:
    given = ["train", "colormnet-lite", "--data", str(tmp_path), "-o", str(tmp_path / "run"), *words.split()]
    done = CliRunner().invoke(app, given)
    assert done.exit_code in (1, 2)
    assert done.exit_code == 2 or isinstance(done.exception, SettingError)
    assert "Traceback" not in done.output
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "changes", [{"learning_rate": float("nan")}, {"learning_rate": -1.0}, {"batch": 0}, {"steps": 0}]
)
def test_a_recipe_of_impossible_numbers_is_refused(
    changes: dict, training_films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RECIPES, "standin", "standin")
    data = DataSettings([training_films], cache=tmp_path / "cache", short_side_px=48)
    with pytest.raises(SettingError, match=f"{next(iter(changes))} is "):
        train_on_folders(replace(recipe_named("standin"), **changes), data, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("given", [{"held_out": -1}, {"max_frames": 0}, {"short_side_px": 0}])
def test_data_of_impossible_numbers_is_refused(given: dict, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=f"{next(iter(given))} is "):
        DataSettings([tmp_path], **given)
