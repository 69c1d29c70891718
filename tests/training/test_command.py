"""Tests of ``kinemacolor train`` on tiny films and photographs."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from kinemacolor.cli.train import train
from kinemacolor.errors import SettingError
from kinemacolor.training.folders import DataSettings, train_on_folders
from kinemacolor.training.recipes import RECIPES
from kinemacolor.training.runlog import read_log


def _film(path: Path, seed: int) -> None:
    noise = np.random.default_rng(seed)
    ground, square = noise.integers(0, 256, (2, 3))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(24), options={"crf": "5", "preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = 64, 80, "yuv420p"
        for i in range(10):
            picture = np.empty((64, 80, 3), np.uint8)
            picture[:] = ground
            picture[20:44, 3 * i : 3 * i + 24] = square
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for i in range(5):
        _film(folder / f"film{i}.mp4", i)
        ramp = np.random.default_rng(i).integers(0, 256, (6, 8, 3)).astype(np.uint8)
        Image.fromarray(ramp).resize((80, 64)).save(folder / f"photo{'abcde'[i]}.png")
    (folder / "SOURCES.csv").write_text("file,licence_class\n" + "".join(f"film{i}.mp4,free\n" for i in range(4)))
    return folder


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setitem(RECIPES, "standin", "standin")
    app = typer.Typer()
    app.command()(train)
    return app


def call(command: typer.Typer, *words: object, **given: object):
    return CliRunner().invoke(command, ["standin", *map(str, words)], catch_exceptions=False)


def test_the_command_trains_ends_for_the_day_and_goes_on(command: typer.Typer, folder: Path, tmp_path: Path) -> None:
    words = ["--data", folder, "-o", tmp_path / "run", "--steps", 6, "--held-out", 1, "--device", "cpu"]
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


def test_only_the_licence_class_asked_for_is_learnt_from(command: typer.Typer, folder: Path, tmp_path: Path) -> None:
    words = ["--data", folder, "-o", tmp_path / "run", "--steps", 1, "--device", "cpu", "--cache", tmp_path / "cache"]
    assert call(command, *words, "--licence-class", "free").exit_code == 0
    assert len(list((tmp_path / "cache").iterdir())) == 4
    with pytest.raises(SettingError, match=r"SOURCES\.csv"):
        call(command, "--data", tmp_path / "cache", "-o", tmp_path / "other", "--licence-class", "free")


def test_films_to_measure_on_are_never_learnt_from(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from standin import RECIPE

    from kinemacolor.training import folders
    from kinemacolor.training.loop import TrainingResult

    seen = {}

    def note(_recipe, dataset, _out, **given):
        seen.update(dataset=dataset, validation=given["validation"])
        return TrainingResult(0, 0.0, None, "complete", tmp_path)

    monkeypatch.setattr(folders, "train", note)
    data = DataSettings([folder], validation=[folder / "film0.mp4"], cache=tmp_path / "cache", short_side_px=48)
    train_on_folders(RECIPE, data, tmp_path)
    names = {source.path.name for source in seen["dataset"].library.clips}
    assert names == {f"film{i}.mp4" for i in range(1, 5)}
    assert len(seen["validation"]) == 1
    train_on_folders(RECIPE, DataSettings([folder], held_out=1, cache=tmp_path / "cache", short_side_px=48), tmp_path)
    assert len(seen["dataset"].library.clips) == 4
    assert len(seen["validation"]) == 1
