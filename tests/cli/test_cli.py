"""The command as a user runs it, in a process of its own."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "examples" / "sample"
FILM, STILL = SAMPLE / "bw.mp4", SAMPLE / "ref_000000.png"

pytestmark = pytest.mark.process


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinemacolor", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def test_version_and_help() -> None:
    from kinemacolor import __version__

    assert __version__ in run("--version").stdout
    shown = run("colorize", "--help").stdout
    for option in ("--exemplar", "--output", "--model", "--weights", "--device", "--precision", "--working-size"):
        assert option in shown


@pytest.mark.parametrize("words", ["colorize", "batch", "project new", "evaluate", "explain"])
def test_the_default_is_the_same_model_everywhere(words: str) -> None:
    import typer

    from kinemacolor.cli import app
    from kinemacolor.models.default import DEFAULT

    command = typer.main.get_command(app)
    for word in words.split():
        command = command.commands[word]
    (model,) = (each for each in command.params if each.name == "model")
    assert model.default == DEFAULT == "colormnet-lite"


def test_models_lists_the_default_first_and_licenses() -> None:
    shown = run("models").stdout
    assert shown.startswith("colormnet-lite (default)")
    assert "included (--weights permissive or all)" in shown
    assert "CC BY-NC-SA 4.0" in shown
    cards = json.loads(run("models", "--json").stdout)
    assert {"matching", "flow", "colormnet", "spatiotemporal"} <= {card["name"] for card in cards}


def test_probe_tells_size_rate_and_sound() -> None:
    shown = json.loads(run("probe", FILM, "--json").stdout)
    assert shown["width"] > 0
    assert "aac" in json.dumps(shown)
    assert "frames per second" in run("probe", FILM).stdout


def test_the_sample_is_colored_with_its_sound(tmp_path: Path) -> None:
    import av
    import numpy as np

    output = tmp_path / "color.mp4"
    done = run("colorize", FILM, "-e", STILL, "-o", output, "--end", "12", "--strip", tmp_path / "strip.png")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "strip.png").stat().st_size > 10_000
    with av.open(str(output)) as film:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)]
    assert len(frames) == 12
    assert np.ptp(frames[-1], axis=-1).mean() > 8  # color, at the end too
    with av.open(str(output)) as film:
        assert sum(packet.size for packet in film.demux(audio=0)) > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["colorize", "missing.mp4", "-e", STILL, "-o", "out.mp4"], ["missing.mp4"]),
        (["colorize", FILM, "-e", "missing.png", "-o", "out.mp4"], ["missing.png"]),
        (["colorize", FILM, "-e", f"{STILL}@99999", "-o", "out.mp4"], ["99999", "ref_000000.png"]),
        (["colorize", FILM, "-o", "out.mp4"], ["--exemplar"]),
        (["colorize", FILM, "-e", STILL, "-o", "no/such/folder/out.mp4"], ["folder"]),
        (["colorize", FILM, "-e", STILL, "-o", FILM, "--overwrite"], ["bw.mp4"]),
        (["colorize", FILM, "-e", STILL, "-o", "out.mp4", "--model", "mystery"], ["mystery", "matching"]),
        (["colorize", FILM, "-e", STILL, "-o", "out.mp4", "--device", "cuda:7"], ["cuda:7", "--device cpu"]),
        (["colorize", FILM, "-e", STILL, "-o", "out.mp4", "--working-size", "4"], ["16"]),
        (["colorize", FILM, "-e", STILL, "-o", "out.mp4", "--codec", "mystery"], ["mystery"]),
        (
            ["colorize", FILM, "-e", STILL, "-o", "out.mp4", "--set", "gian=2"],
            ["Model 'colormnet-lite' has no setting 'gian'", "preset", "search.top_k"],
        ),
        (
            ["colorize", FILM, "-e", STILL, "-o", "out.mp4", "--set", "preset"],
            ["'preset' is no setting", "NAME=VALUE"],
        ),
        (
            ["colorize", FILM, "-e", STILL, "-o", "out.mp4", "--model", "colormnet"],
            ["--accept-license", "CC BY-NC-SA"],
        ),
        (["probe", STILL.parent / "README.md"], ["README.md"]),
    ],
)
def test_a_mistake_is_one_clear_line(
    arguments: list[str | Path], words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KINEMACOLOR_CACHE", str(tmp_path / "cache"))
    done = run(*arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert sum(line.startswith("Error: ") for line in lines) == 1
    assert "Traceback" not in done.stderr
    message = re.sub(r"\s+", " ", done.stderr)
    for word in words:
        assert word in message
    assert not list(tmp_path.glob("*.mp4"))


def test_wrong_usage_exits_with_2() -> None:
    assert run("colorize", FILM).returncode == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_case_33_an_interrupted_run_ends_soon_and_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kinemacolor", "colorize", FILM, "-e", STILL, "-o", tmp_path / "out.mp4"]
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.PIPE, text=True)
    waited_seconds = 0.0
    while not list(tmp_path.iterdir()):
        time.sleep(0.1)
        waited_seconds += 0.1
        assert waited_seconds < 120, "the run never began to write"
    time.sleep(1)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_case_33_a_signal_while_the_command_starts_is_heard(number: signal.Signals, tmp_path: Path) -> None:
    words = ["colorize", FILM, "-e", STILL, "-o", tmp_path / "out.mp4", "--no-track"]
    command = [sys.executable, "-X", "importtime", "-m", "kinemacolor", *map(str, words)]
    for module in ("typer.main", "kinemacolor.cli.screen", "kinemacolor.cli.train", "numpy"):
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        for line in process.stderr:  # Python says each module that has come in
            if line.rstrip().endswith(f" {module}"):
                break
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode in (130, -number), (module, process.returncode)
        assert "Traceback" not in errors, module
    assert list(tmp_path.iterdir()) == []
