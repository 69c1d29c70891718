"""The road as a whole: whichever door a film comes in by, its colors are the same."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image

import kinemacolor
from kinemacolor.engine.answers import AnsweredFrame
from kinemacolor.engine.sinks.film import FilmSink
from kinemacolor.engine.video import colorize_frames, colorize_video
from kinemacolor.evaluation.clips import Clip
from kinemacolor.evaluation.protocols import PROTOCOLS
from kinemacolor.evaluation.rows import ModelRow, ResultsRow
from kinemacolor.evaluation.run import evaluate
from kinemacolor.frames import Exemplar, Frame
from kinemacolor.io.reader import VideoReader

SIZE = (72, 104)
OFFLINE = ("flow", "matching", "colormnet-lite", "deep-exemplar-lite", "spatiotemporal")


def scene(frames: int, seed: int = 3) -> np.ndarray:
    """A texture in color that slides, ``(frames, height, width, 3)``."""
    coarse = np.random.default_rng(seed).integers(30, 220, (20, 30, 3)).astype(np.uint8)
    world = np.asarray(Image.fromarray(coarse).resize((SIZE[1] + 40, SIZE[0] + 20), Image.Resampling.BICUBIC))
    return np.stack([world[t : t + SIZE[0], 2 * t : 2 * t + SIZE[1]] for t in range(frames)])


def gray_of(colors: np.ndarray) -> np.ndarray:
    return (colors @ np.array([0.2126, 0.7152, 0.0722])).round().astype(np.uint8)


def write(path: Path, pictures: np.ndarray, pixel_format: str) -> Path:
    """A lossless film of gray or RGB pictures, full range where it is gray."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("ffv1", rate=24)
        stream.height, stream.width = SIZE
        stream.pix_fmt = pixel_format
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, "gray" if picture.ndim == 2 else "rgb24")
            frame = frame.reformat(format=pixel_format)
            frame.pts, frame.time_base = number, Fraction(1, 24)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


def rgb_frames(path: Path) -> np.ndarray:
    with av.open(str(path)) as film:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)])


@pytest.mark.parametrize("model", OFFLINE)
def test_frames_in_memory_get_the_colors_of_a_film(model: str, tmp_path: Path) -> None:
    colors = scene(6)
    grays = gray_of(colors)
    still = Exemplar(torch.from_numpy(colors[0]).permute(2, 0, 1).contiguous(), 0)
    source = write(tmp_path / "gray.mkv", grays, "gray")
    colorize_video(source, tmp_path / "out.mkv", [still], model=model, codec="ffv1", shots="none")
    frames = [
        Frame(rgb=torch.from_numpy(gray).expand(3, -1, -1).contiguous(), index=i) for i, gray in enumerate(grays)
    ]
    made = [frame.rgb.permute(1, 2, 0).numpy() for frame in colorize_frames(frames, [still], model=model, size=SIZE)]
    difference = np.abs(np.stack(made).astype(int) - rgb_frames(tmp_path / "out.mkv"))
    # U and V of the film are rounded, too: 1.8 levels of blue for one of U
    assert difference.max() <= 3
    assert difference.mean() < 0.6
    assert np.stack(made).std(-1).mean() > 3  # it is in color


def test_what_is_scored_is_what_a_film_holds(tmp_path: Path) -> None:
    colors = scene(8)
    clip = write(tmp_path / "clip.mkv", colors, "yuv420p")
    still = tmp_path / "ref_000000.png"
    Image.fromarray(rgb_frames(clip)[0]).save(still)
    colorize_video(clip, tmp_path / "film.mkv", [still], model="matching", codec="ffv1", shots="none")
    rows = [
        ModelRow("model", kinemacolor.load_model("matching"), both_ways=True),
        ResultsRow("film", tmp_path / "film.mkv"),
    ]
    report = evaluate(
        [Clip("clip", clip)], rows, PROTOCOLS["standard"].only(["psnr", "psnr_ab", "cdc"]), tmp_path / "report"
    )
    for figure in ("psnr", "psnr_ab", "cdc"):
        scored, held = (report.mean(name, figure).whole for name in ("model", "film"))
        assert scored == pytest.approx(held, abs=0.02), figure


def test_a_run_probes_its_film_once_and_counts_it_once(
    make_film: Callable[..., Path], tmp_path: Path, red_still: Exemplar, one_color, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kinemacolor.io import container

    calls: list[str] = []
    for name in ("probe_film", "timeline_of"):
        real = getattr(container, name)

        def noted(*given: object, real=real, name=name, **more: object) -> object:
            calls.append(name)
            return real(*given, **more)

        monkeypatch.setattr(container, name, noted)
    colorize_video(make_film(frames=6), tmp_path / "out.mkv", [red_still], model=one_color, track=True)
    assert sorted(calls) == ["probe_film", "timeline_of"]


def test_a_run_that_fails_closes_its_film_when_nobody_reads_it_any_more(
    make_film: Callable[..., Path], tmp_path: Path, red_still: Exemplar, one_color, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libav crashes where a container is closed while another thread decodes from it."""
    at_close: list[str] = []
    closed, taken = VideoReader.close, FilmSink.take

    def close(self: VideoReader) -> None:
        at_close.extend(thread.name for thread in threading.enumerate() if thread.name == "kinemacolor-read")
        closed(self)

    def take(self: FilmSink, answered: AnsweredFrame) -> None:
        if answered.frame.index == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken(self, answered)

    monkeypatch.setattr(VideoReader, "close", close)
    monkeypatch.setattr(FilmSink, "take", take)
    with pytest.raises(OSError, match="No space"):
        colorize_video(make_film(frames=60), tmp_path / "out.mkv", [red_still], model=one_color)
    assert at_close == []


@pytest.mark.process
def test_a_batch_killed_in_its_second_film_goes_on_there(tmp_path: Path) -> None:
    """With the default model: equal models of one process have one identity, so the second film's track is found."""
    for name in ("a", "b"):
        film = np.concatenate([scene(14, seed) for seed in ((1, 2, 3, 4) if name == "b" else (5,))])
        write(tmp_path / f"{name}.mkv", gray_of(film), "gray")
    Image.fromarray(scene(14, 1)[0]).save(tmp_path / "still.png")
    (tmp_path / "out").mkdir()
    command = [
        sys.executable,
        "-m",
        "kinemacolor",
        "batch",
        "a.mkv",
        "b.mkv",
        "-e",
        "still.png@none",
        "-o",
        "out",
        "-q",
    ]
    first = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    shots = tmp_path / "out" / "b.color.mkv.kctrack" / "shots"
    until = time.monotonic() + 120
    while not list(shots.glob("*.json")) and time.monotonic() < until:
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.wait()
    kept = {path.name: path.stat().st_mtime_ns for path in shots.glob("*.json")}
    assert kept
    assert not (tmp_path / "out" / "b.color.mkv").exists()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "b.color.mkv").exists()
    assert {name: (shots / name).stat().st_mtime_ns for name in kept} == kept
