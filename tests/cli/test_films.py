"""Whole films from the shell: shots, render, batch, project. In this process, but for what a process does."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from kinemacolor.cli import app
from kinemacolor.errors import KinemacolorError

QUICK = ["--model", "flow", "--working-size", "32", "--quiet"]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Two scenes of 20 frames."""
    path = tmp_path / "reel.mkv"
    scenes = np.random.default_rng(0).integers(10, 240, (2, 6, 8)).repeat(8, 1).repeat(8, 2).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        for i in range(40):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.roll(scenes[i // 20], i, 1), format="gray")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture
def still(tmp_path: Path) -> Path:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24], picture[24:] = (200, 90, 80), (60, 110, 190)
    Image.fromarray(picture).save(tmp_path / "still.png")
    return tmp_path / "still.png"


def run(*arguments: object) -> Result:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_shots_are_listed_edited_and_obeyed(film: Path, still: Path, tmp_path: Path) -> None:
    shots = tmp_path / "shots.csv"
    assert "2 shots in 40 frames" in run("shots", film, "-o", shots, "-q").stderr
    assert shots.read_text().splitlines()[2].startswith("20,00:00:00.833,20")
    shots.write_text("start\n0\n20\n30\n")
    output = tmp_path / "out.mkv"
    first = run("colorize", film, "-e", still, "-o", output, "--shots", shots, *QUICK)
    assert first.exit_code == 0
    shots.write_text("start\n0\n20\n35\n")
    again = run("colorize", film, "-e", still, "-o", output, "--shots", shots, "--overwrite", *QUICK)
    assert "1 of 3 shots were in the track; computed: frames 20-34, 35-39." in again.stderr


def test_a_track_is_kept_unless_told_otherwise_and_renders(film: Path, still: Path, tmp_path: Path) -> None:
    run("colorize", film, "-e", still, "-o", tmp_path / "a.mkv", "--no-track", *QUICK)
    assert not (tmp_path / "a.mkv.kctrack").exists()
    run("colorize", film, "-e", still, "-o", tmp_path / "b.mkv", *QUICK)
    done = run(
        "render", tmp_path / "b.mkv.kctrack", "-o", tmp_path / "c.mp4", "--size", "24", "--range", "full", "-q"
    )
    assert "40 frames" in done.stderr
    with pytest.raises(KinemacolorError, match="Saturation 9"):
        run("render", tmp_path / "b.mkv.kctrack", "-o", tmp_path / "d.mp4", "--saturation", "9")


@pytest.mark.process
def test_a_batch_has_a_table_and_a_code_of_its_own(film: Path, still: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mkv").write_text("no film")
    (tmp_path / "out").mkdir()
    command = ["batch", film, tmp_path / "bad.mkv", "-e", still, "-o", tmp_path / "out", *QUICK]
    first = run(*command)
    assert first.exit_code == 4
    assert "1 done, 1 FAILED" in first.stdout
    assert "not a video" in " ".join(first.stdout.split())
    (tmp_path / "bad.mkv").write_bytes(film.read_bytes())
    again = run(*command)
    assert again.exit_code == 0
    assert "1 done, 1 there already" in again.stdout
    assert run("batch", "-o", tmp_path / "out").exit_code == 2


@pytest.mark.process
def test_a_manifest_names_films_one_by_one(film: Path, still: Path, tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text(f"input,output,exemplars\n{film.name},one.mkv,{still.name}@3\n")
    done = run("batch", "--manifest", tmp_path / "jobs.csv", *QUICK)
    assert done.exit_code == 0
    assert (tmp_path / "one.mkv").is_file()


def worker_of(command: psutil.Process) -> psutil.Process | None:
    """The process that colors a film of a batch: it is forked from a server, which the command has started."""
    below = command.children(recursive=True)
    return next((each for each in below if each.ppid() != command.pid), None)


@pytest.mark.process
@pytest.mark.parametrize("how", ["SIGKILL", "SIGSEGV"])
def test_case_44_a_crash_in_one_film_ends_that_film_alone(film: Path, still: Path, tmp_path: Path, how: str) -> None:
    long = tmp_path / "long.mkv"
    with av.open(str(long), "w") as container:
        stream = container.add_stream("rawvideo", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "gray"
        for i in range(2000):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((240, 320), i % 250, np.uint8), "gray")))
        container.mux(stream.encode(None))
    (tmp_path / "other.mkv").write_bytes(film.read_bytes())
    words = ["batch", film, long, tmp_path / "other.mkv", "-e", still, "-o", tmp_path, "--no-track", *QUICK]
    script = [sys.executable, "-m", "kinemacolor", *map(str, words)]
    with subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as batch:
        assert batch.stderr is not None
        while "[1/3]" not in batch.stderr.readline():
            pass
        while not list(tmp_path.glob(".long*partial*")):
            time.sleep(0.02)
        worker = worker_of(psutil.Process(batch.pid))
        assert worker is not None
        worker.send_signal(signal.Signals[how])
        said, _ = batch.communicate()
    assert batch.returncode == 4
    assert "2 done, 1 FAILED" in said
    assert how in said
    assert (tmp_path / "other.color.mkv").is_file()
    assert not (tmp_path / "long.color.mkv").exists()


def test_a_project_is_made_run_and_asked_how_it_stands(film: Path, still: Path, tmp_path: Path) -> None:
    folder = tmp_path / "p"
    made = run("project", "new", film, "--exemplars", still, "-o", folder, *QUICK)
    assert "2 shots, 1 stills" in made.stdout
    assert "0 of 2 colored" in run("project", "status", folder).stdout
    assert "40 frames" in run("project", "run", folder, "-q").stderr
    assert "nothing has changed" in run("project", "run", folder, "-q").stderr
    status = run("project", "status", folder).stdout
    assert "2 of 2 colored" in status
    assert "done" in status


def test_a_report_is_written_where_asked(film: Path, still: Path, tmp_path: Path) -> None:
    run("colorize", film, "-e", still, "-o", tmp_path / "a.mkv", "--report", tmp_path / "r.html", *QUICK)
    assert "reel.mkv in color" in (tmp_path / "r.html").read_text()
    assert (tmp_path / "r.json").is_file()


def test_case_33_an_interruption_says_how_to_go_on(
    film: Path, still: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **settings: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kinemacolor.engine.run.run", interrupted)
    command = ["colorize", film, "-e", still, "-o", tmp_path / "a.mkv", *QUICK]
    kept, dropped = run(*command), run(*command, "--no-track")
    assert kept.exit_code == dropped.exit_code == 130
    assert "the same command goes on" in kept.stderr
    assert "the same command" not in dropped.stderr


def test_a_run_says_first_which_still_is_bound_where(film: Path, still: Path, tmp_path: Path) -> None:
    loud = [word for word in QUICK if word not in ("-q", "--quiet")]
    done = run("colorize", film, "-e", f"{still}@2", "-o", tmp_path / "a.mkv", *loud)
    assert f"{still.name}  frame 2" in done.stderr
    done = run("colorize", film, "-e", f"{still}@none", "-o", tmp_path / "b.mkv", *loud)
    assert f"{still.name}  no frame of the film" in done.stderr
