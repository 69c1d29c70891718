"""Kills a run at each step that changes names on the disk, and at random moments: is the output the old or the new?

    python benchmarks/kill_points.py [--moments 50] [--every 1] [--only NAME ...]

For films, folders of pictures and a project, with and without an output that is there already: the command is killed
(SIGKILL) before and after each rename, link, mkdir, unlink, rmdir, fsync and exchange of names, and at random
moments. Then the output must be the old one or the new one, whole; other files must be as they were; and the same
command must complete, with the film of a run that nobody killed, and leave nothing unfinished behind.

Each run is the command itself in a process that was forked from one with all imports done. Prints a table; exits with
1 where anything is wrong.
"""

import argparse
import faulthandler
import gc
import importlib
import os
import pkgutil
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
import torch
from PIL import Image

import kinemacolor
from kinemacolor.cli import main as command
from kinemacolor.engine.project import new_project
from kinemacolor.io import swap

STEPS = ("rename", "replace", "link", "symlink", "mkdir", "unlink", "remove", "rmdir", "fsync")
OPTIONS = ["--model", "flow", "--working-size", "48", "--shots", "cuts.csv", "--quiet"]
LEFT_BEHIND = (".partial",)


@dataclass(frozen=True)
class Scenario:
    """A command, and what lies there before it. ``look`` gives what there is under the output's name."""

    name: str
    words: list[str]
    look: Callable[[Path], object]
    there: Callable[[Path], None] = lambda work: None
    stands_in: str = "."
    more: list[str] = field(default_factory=lambda: OPTIONS)


def import_everything() -> None:
    """Imports all modules, so that forked processes need not, and leaves them to no garbage collection."""
    for module in pkgutil.walk_packages(kinemacolor.__path__, "kinemacolor."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):
                importlib.import_module(module.name)
    with suppress(ImportError):
        importlib.import_module("typer._adapters")  # typer's own, which it takes when the first option is read
    gc.collect()
    gc.freeze()


def make_film(path: Path, *, frames: int = 9, shift: int = 0) -> None:
    """Three scenes of three frames."""
    scenes = np.random.default_rng(0).integers(10, 240, (3, 6, 8)).repeat(8, 1).repeat(8, 2).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        for i in range(frames):
            picture = np.roll(scenes[i // 3], i + shift, 1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(stream.encode(None))
    picture = np.stack([scenes[0] * gain for gain in (1.0, 0.8, 0.6)], -1)
    Image.fromarray(picture.astype(np.uint8)).save(path.parent / "ref_000000.png")


def frames_of(path: Path) -> object:
    """The decoded frames; None where there is no such file."""
    if not path.exists():
        return None
    with av.open(str(path)) as film:
        return [frame.to_ndarray().tobytes() for frame in film.decode(video=0)]


def pictures_in(folder: Path) -> object:
    """The pictures of a folder by name; None where there are none."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("f_*.png"))} or None


def old_film(name: str) -> Callable[[Path], None]:
    return lambda work: make_film(work / name, frames=5, shift=7)


def old_pictures(name: str, *, mine: bool = False, old: int = 12) -> Callable[[Path], None]:
    def make(work: Path) -> None:
        (work / name).mkdir()
        for i in range(old):
            Image.new("RGB", (64, 48), (i, 0, 0)).save(work / name / f"f_{i:03d}.png")
        if mine:
            (work / name / "mine" / "deep").mkdir(parents=True)
            (work / name / "mine.txt").write_text("mine")
            (work / name / "mine" / "deep" / "f_001.png").write_text("mine")

    return make


def of_project(work: Path) -> None:
    options = {"model": "flow", "working_size": 48, "codec": "ffv1"}
    new_project(work / "film.mkv", [work / "ref_000000.png"], folder=work / "p", options=options)


INPUT = ["film.mkv", "-e", "ref_000000.png"]
SCENARIOS = [
    Scenario("film", ["colorize", *INPUT, "-o", "out.mkv", "--codec", "ffv1"], lambda w: frames_of(w / "out.mkv")),
    Scenario(
        "film, old there",
        ["colorize", *INPUT, "-o", "out.mkv", "--codec", "ffv1", "--overwrite"],
        lambda w: frames_of(w / "out.mkv"),
        old_film("out.mkv"),
    ),
    Scenario(
        "film, report, strip",
        ["colorize", *INPUT, "-o", "out.mp4", "--no-track", "--overwrite", "--report", "r.html", "--strip", "s.png"],
        lambda w: frames_of(w / "out.mp4"),
        old_film("out.mp4"),
    ),
    Scenario("pictures", ["colorize", *INPUT, "-o", "out/f_%03d.png"], lambda w: pictures_in(w / "out")),
    Scenario(
        "pictures, old there",
        ["colorize", *INPUT, "-o", "out/f_%03d.png", "--overwrite"],
        lambda w: pictures_in(w / "out"),
        old_pictures("out"),
    ),
    Scenario(
        "pictures, old and others there",
        ["colorize", *INPUT, "-o", "out/f_%03d.png", "--overwrite", "--no-track"],
        lambda w: pictures_in(w / "out"),
        old_pictures("out", mine=True),
    ),
    Scenario(
        "pictures among other files",
        ["colorize", *INPUT, "-o", "f_%03d.png", "--no-track"],
        lambda w: pictures_in(w),
    ),
    Scenario(
        "pictures, old there, where one stands",
        ["colorize", "../film.mkv", "-e", "../ref_000000.png", "-o", "f_%03d.png", "--no-track", "--overwrite"],
        lambda w: pictures_in(w / "out"),
        old_pictures("out", mine=True),
        stands_in="out",
        more=[each.replace("cuts", "../cuts") for each in OPTIONS],
    ),
    Scenario(
        "project", ["project", "run", "p"], lambda w: frames_of(w / "p" / "film.color.mkv"), of_project, more=["-q"]
    ),
]


def steps_counted(kill_at: int | None) -> Callable[[], int]:
    """Counts the moments just before and after each step; the process is killed at the ``kill_at``-th, from 0."""
    count = 0

    def moment() -> None:
        nonlocal count
        if count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    def wrapped(act: Callable) -> Callable:
        def step(*given: object, **more: object) -> object:
            moment()
            result = act(*given, **more)
            moment()
            return result

        return step

    for name in STEPS:
        setattr(os, name, wrapped(getattr(os, name)))
    swap.exchange = wrapped(swap.exchange)
    return lambda: count


def run(
    scenario: Scenario, work: Path, *, kill_at: int | None = None, seconds: float | None = None
) -> tuple[int, int]:
    """Exit status of the command (-9 where it was killed) and how many moments it passed."""
    counted = work.parent / "count"
    process = os.fork()
    if not process:
        code = 70
        try:
            torch.set_num_threads(1)
            os.chdir(work / scenario.stands_in)
            quiet = os.open(work.parent / "words", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(quiet, 1)
            os.dup2(quiet, 2)
            faulthandler.enable()  # a crash leaves its stack among the words
            sys.argv = ["kinemacolor", *scenario.words, *scenario.more]
            moments = steps_counted(kill_at)
            try:
                command()
                code = 0
            except SystemExit as ended:
                code = int(ended.code or 0)
            counted.write_text(str(moments()))
        finally:
            os._exit(code)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    return code, int(counted.read_text()) if code >= 0 else 0


def others(scenario: Scenario, work: Path) -> dict[str, bytes]:
    """The files that are no output: they must stay as they are."""
    names = [
        "film.mkv",
        "ref_000000.png",
        "cuts.csv",
        "out/mine.txt",
        "out/mine/deep/f_001.png",
        "p/project.toml",
        "p/shots.csv",
    ]
    return {name: (work / name).read_bytes() for name in names if (work / name).exists()}


def prepared(scenario: Scenario, work: Path) -> None:
    for left in [work, *work.parent.glob(f".{work.name}*")]:
        shutil.rmtree(left, ignore_errors=True)
    work.mkdir()
    make_film(work / "film.mkv")
    (work / "cuts.csv").write_text("start\n0\n3\n6\n")
    scenario.there(work)


def verdicts(scenario: Scenario, work: Path, old: object, new: object) -> Iterator[str]:
    """The faults after a kill, and after the same command again."""
    kept = others(scenario, work)
    seen = scenario.look(work)
    if seen != old and seen != new:
        yield "NEITHER OLD NOR NEW"
    code, _ = run(scenario, work)
    done_before = seen == new and "--overwrite" not in scenario.words
    if code != 0 and not (code == 1 and done_before):
        yield f"AGAIN ENDS WITH {code}: {(work.parent / 'words').read_text().strip()[:200]}"
    if scenario.look(work) != new:
        yield "AGAIN GIVES ANOTHER FILM"
    if others(scenario, work) != kept:
        yield "OTHER FILES CHANGED"
    left = [path.name for path in work.parent.rglob("*") if ".partial" in path.name]
    if left and not done_before:
        yield f"LEFT BEHIND {left}"


def swept(scenario: Scenario, folder: Path, *, moments: int, every: int, seed: int) -> Counter[str]:
    """Kills at every moment around a step, and at random ones."""
    work = folder / "work"
    prepared(scenario, work)
    old = scenario.look(work)
    began = time.perf_counter()
    code, count = run(scenario, work)
    took = time.perf_counter() - began
    new = scenario.look(work)
    if code or new in (None, old):
        sys.exit(f"{scenario.name}: the run that is not killed ends with {code}: {(folder / 'words').read_text()}")
    chance = random.Random(f"{seed}{scenario.name}")
    kills: list[dict[str, float]] = [{"kill_at": k} for k in range(chance.randrange(every), count, every)]
    kills += [{"seconds": chance.uniform(0, took)} for _ in range(moments)]
    found: Counter[str] = Counter()
    for kill in kills:
        prepared(scenario, work)
        kept = others(scenario, work)
        run(scenario, work, **kill)
        wrong = list(verdicts(scenario, work, old, new))
        if others(scenario, work) != kept:
            wrong.append("OTHER FILES CHANGED BY THE KILL")
        found["kills"] += 1
        found["right" if not wrong else "; ".join(wrong)] += 1
        if any(word.isupper() for each in wrong for word in each.split()):
            print(f"  {scenario.name}: {kill}: {'; '.join(wrong)}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=50, help="random moments in each scenario")
    parser.add_argument("--every", type=int, default=1, help="try one step in so many")
    parser.add_argument("--only", nargs="*", help="scenarios by name")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    import_everything()
    bad = 0
    print("| output | kills | old or new, and the same command completes | wrong |")
    print("|---|--:|--:|--:|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for scenario in SCENARIOS:
            if given.only and scenario.name not in given.only:
                continue
            found = swept(scenario, Path(name), moments=given.moments, every=given.every, seed=given.seed)
            wrong = found["kills"] - found["right"]
            bad += wrong
            print(f"| {scenario.name} | {found['kills']} | {found['right']} | {wrong} |", flush=True)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
