"""Kill a run at random moments and go on; replace a still: are the frames those of an uninterrupted run from nothing?

    OMP_NUM_THREADS=1 python benchmarks/resume.py film.mp4 stills/ --kills 20 --working-size 128

Prints a Markdown report. Each run is a process of its own, killed with SIGKILL; processes are forked from one that
has imported everything, so that the moments fall into the work and not into the start of Python.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import torch
from PIL import Image

from kinemacolor.engine.video import colorize_video


@dataclass(frozen=True)
class Runs:
    """Runs of one film with one set of stills."""

    film: Path
    stills: Path
    model: str
    working_size: int

    def begin(self, output: Path) -> int:
        """Starts a run; its process."""
        process = os.fork()
        if process:
            return process
        code = 1
        try:
            torch.set_num_threads(1)
            colorize_video(
                self.film, output, [self.stills], model=self.model, working_size=self.working_size, track=True
            )
            code = 0
        except BaseException:
            traceback.print_exc()
        os._exit(code)

    def whole(self, output: Path) -> float:
        """Runs to the end; the seconds that took."""
        began = time.perf_counter()
        _, status = os.waitpid(self.begin(output), 0)
        if status:
            sys.exit(f"A run ended with status {status}.")
        return time.perf_counter() - began

    def killed(self, output: Path, seconds: float) -> bool:
        """Runs for so long; whether the run was killed before its output was there."""
        process = self.begin(output)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            if os.waitpid(process, os.WNOHANG)[0]:
                return False
            time.sleep(0.005)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        return not output.exists()


def frames_hash(path: Path) -> str:
    """The hash of all decoded frames and time stamps."""
    digest = hashlib.sha256()
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            digest.update(str(frame.pts).encode() + frame.to_ndarray().tobytes())
    return digest.hexdigest()


def shots_of(output: Path) -> dict[str, str]:
    """The frames of each shot of an output's track, by key."""
    header = json.loads((Path(f"{output}.kctrack") / "track.json").read_text())
    return {shot["key"]: f"{shot['start']}-{shot['stop'] - 1}" for shot in header["shots"]}


def shots_there(output: Path) -> int:
    return len(list(Path(f"{output}.kctrack").glob("shots/*.mkv")))


def verdict(output: Path, wanted: str) -> str:
    left = [path.name for path in output.parent.rglob("*") if ".partial" in path.name]
    return ("yes" if frames_hash(output) == wanted else "NO") + (f", but {left} is left behind" if left else "")


def kill_each(runs: Runs, folder: Path, kills: int, seconds: float, wanted: str, count: int) -> None:
    """Kills a fresh run at a random moment and goes on, again and again."""
    done = 0
    while done < kills:
        output = folder / "killed" / "film.mkv"
        output.parent.mkdir()
        moment = random.uniform(0, seconds)
        if runs.killed(output, moment):
            done += 1
            there = shots_there(output)
            took = runs.whole(output)
            print(f"| {moment:.1f} | {there} of {count} | {took:.1f} | {verdict(output, wanted)} |", flush=True)
        else:
            seconds = min(seconds, moment)  # the machine has become faster: that run was over before its time
        shutil.rmtree(output.parent)


def kill_again_and_again(runs: Runs, folder: Path, kills: int, seconds: float, wanted: str, count: int) -> None:
    """Kills one run many times over, then lets it finish."""
    output = folder / "killed" / "film.mkv"
    output.parent.mkdir()
    for _ in range(kills):
        moment = random.uniform(0, seconds / 4)
        if not runs.killed(output, moment):
            break
        print(f"| {moment:.1f} | {shots_there(output)} of {count} | | |", flush=True)
    took = runs.whole(output) if not output.exists() else 0.0
    print(f"| to the end | {count} of {count} | {took:.1f} | {verdict(output, wanted)} |", flush=True)


def replace_still(runs: Runs, folder: Path, whole: Path, index: int) -> None:
    """Exchanges red and blue in one still and runs again, from the track and from nothing."""
    copy = folder / "replaced"
    shutil.copytree(runs.stills, copy)
    still = sorted(copy.iterdir())[index]
    picture = np.asarray(Image.open(still).convert("RGB"))[..., ::-1]
    still.unlink()
    Image.fromarray(np.ascontiguousarray(picture)).save(still.with_suffix(".png"))
    other, before = Runs(runs.film, copy, runs.model, runs.working_size), shots_of(whole)
    whole.unlink()
    took = other.whole(whole)
    after = shots_of(whole)
    fresh = folder / "fresh.mkv"
    anew = other.whole(fresh)
    changed = [frames for key, frames in after.items() if key not in before]
    same = "identical" if frames_hash(whole) == frames_hash(fresh) else "DIFFERENT"
    print(f"\nReplacing {still.name}: computed {len(changed)} of {len(after)} shots ({', '.join(changed)})")
    print(f"in {took:.1f} s; from nothing {anew:.1f} s; frames {same}.", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path)
    parser.add_argument("stills", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--one-run", action="store_true", help="kill one run again and again, not a fresh one")
    parser.add_argument("--working-size", type=int, default=128)
    parser.add_argument("--model", default="matching")
    parser.add_argument("--replace", type=int, default=0, help="which still, in order of names")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    random.seed(given.seed)
    runs = Runs(given.film, given.stills, given.model, given.working_size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = folder / "whole.mkv"
        seconds = runs.whole(whole)
        wanted, count = frames_hash(whole), len(shots_of(whole))
        print(f"\n{given.film.name}: {count} shots; uninterrupted {seconds:.1f} s.\n")
        print("| killed after, s | shots kept | the rest took, s | frames identical |\n|---|---|---|---|", flush=True)
        kill = kill_again_and_again if given.one_run else kill_each
        kill(runs, folder, given.kills, seconds, wanted, count)
        replace_still(runs, folder, whole, given.replace)


if __name__ == "__main__":
    main()
