"""``kinemacolor datasets`` as a user runs it."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.process


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinemacolor", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_check_says_what_is_missing_and_the_exit_code_tells(tmp_path: Path) -> None:
    for kind in ("JPEGImages", "Annotations"):
        folder = tmp_path / kind / "480p" / "camel"
        folder.mkdir(parents=True)
        Image.new("RGB", (30, 20)).save(folder / "00000.png")
    (tmp_path / "split.txt").write_text("camel\nparkour\n")
    done = run("datasets", "check", tmp_path, "--dataset", "davis", "--list", tmp_path / "split.txt")
    assert done.returncode == 3
    assert done.stdout.count("Problem:") == 1
    assert "parkour" in done.stdout
    (tmp_path / "split.txt").write_text("camel\n")
    assert run("datasets", "check", tmp_path, "--dataset", "davis", "--list", tmp_path / "split.txt").returncode == 0


def test_list_names_layouts() -> None:
    shown = run("datasets", "list").stdout
    assert "JPEGImages/480p" in shown
    assert "NVCC2023" in shown
