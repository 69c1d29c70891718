"""``kinemacolor evaluate`` as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from kinemacolor.cli.evaluate import evaluate
from kinemacolor.errors import KinemacolorError

pytestmark = pytest.mark.process


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinemacolor", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def write_clip(folder: Path, count: int = 4) -> None:
    folder.mkdir(parents=True)
    rows, columns = np.mgrid[0:40, 0:56]
    for index in range(count):
        picture = np.stack((rows * 6, (columns + index) * 4, 255 - rows * 6), axis=-1).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{index:05d}.png")


def test_a_folder_is_scored_with_its_sanity_rows(tmp_path: Path) -> None:
    write_clip(tmp_path / "clips" / "one")
    done = run(
        "evaluate", "--data", tmp_path / "clips", "--model", "flow", "-o", tmp_path / "report", "--figures", "psnr"
    )
    assert done.returncode == 0, done.stderr
    means = json.loads((tmp_path / "report" / "report.json").read_text())["means"]
    assert list(means) == ["truth", "gray", "copied chroma", "optical flow", "flow"]
    assert means["flow"]["psnr"] == means["optical flow"]["psnr"]


def test_a_setting_makes_a_row_of_its_own(tmp_path: Path) -> None:
    write_clip(tmp_path / "clips" / "one")
    rows = ["colormnet-lite:prior=look:stride=4", "colormnet-lite:prior=look"]
    evaluate(
        data=tmp_path / "clips", output=tmp_path / "report", model=",".join(rows), sanity=False, figures="psnr",
        weights=[f"{rows[1]}=all"], device="cpu",
    )  # fmt: skip
    means = json.loads((tmp_path / "report" / "report.json").read_text())["means"]
    assert list(means) == rows
    assert means[rows[0]]["psnr"] != means[rows[1]]["psnr"]


def test_a_problem_is_said_and_the_exit_code_tells(tmp_path: Path) -> None:
    write_clip(tmp_path / "clips" / "one")
    write_clip(tmp_path / "clips" / "two")
    write_clip(tmp_path / "theirs" / "two")
    done = run(
        "evaluate", "--data", tmp_path / "clips", "--model", "", "--no-sanity", "--results",
        f"theirs={tmp_path / 'theirs'}", "-o", tmp_path / "report", "--figures", "psnr",
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stdout.count("Problem:") == 1
    assert "1 scores of 2 clips" in done.stdout


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"protocol": "mine"}, "standard"),
        ({"exemplars": "sideways"}, "first, middle, last"),
        ({"clip": ["three"]}, "three"),
        ({"figures": "beauty"}, "beauty"),
        ({"model": "mystery"}, "mystery"),
        ({"model": "colormnet-lite:stride=fast"}, "stride"),
        ({"model": "colormnet-lite:speed=2"}, "no setting 'speed'"),
        ({"weights": ["colormnet=x.pth"]}, "NAME=PATH"),
        ({"results": ["nameless"]}, "NAME=FOLDER"),
        ({"dataset": "davis"}, "JPEGImages"),
        ({"dataset": "mine"}, "nvcc2023"),
    ],
)
def test_wrong_settings_say_what_is_right(settings: dict[str, Any], word: str, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips" / "one")
    with pytest.raises(KinemacolorError, match=word):
        evaluate(data=tmp_path / "clips", output=tmp_path / "report", **settings)
