"""Kill a run at random moments and go on; replace a still: are the frames those of an uninterrupted run from nothing?

    python benchmarks/resume.py film.mp4 stills/ --kills 20 --working-size 128

Prints a Markdown report. Runs are those of the command line, in processes of their own, killed with SIGKILL.
"""

import argparse
import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
from PIL import Image


def command(film: Path, stills: Path, output: Path, size: int, model: str) -> list[str]:
    options = ["-e", stills, "-o", output, "--working-size", size, "--model", model, "--quiet"]
    return [sys.executable, "-m", "kinemacolor", "colorize", str(film), *map(str, options)]


def run(*arguments: object) -> float:
    began = time.perf_counter()
    done = subprocess.run(command(*arguments), check=False, stderr=subprocess.PIPE, text=True)  # type: ignore[arg-type]
    if done.returncode:
        sys.exit(f"A run failed:\n{done.stderr}")
    return time.perf_counter() - began


def frames_hash(path: Path) -> str:
    """The hash of all decoded planes and time stamps."""
    digest = hashlib.sha256()
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            digest.update(str(frame.pts).encode())
            for plane in frame.planes:
                digest.update(memoryview(plane))
    return digest.hexdigest()


def kill_after(seconds: float, arguments: tuple[object, ...]) -> bool:
    """Starts a run and kills it; whether it was still at work."""
    process = subprocess.Popen(command(*arguments), stderr=subprocess.DEVNULL)  # type: ignore[arg-type]
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def replaced(stills: Path, folder: Path, index: int) -> tuple[Path, str]:
    """A copy of the stills with one in other colours: red and blue exchanged."""
    copy = folder / "replaced"
    shutil.copytree(stills, copy)
    still = sorted(copy.iterdir())[index]
    picture = np.asarray(Image.open(still).convert("RGB"))
    Image.fromarray(np.ascontiguousarray(picture[..., ::-1])).save(still.with_suffix(".png"))
    if still.suffix != ".png":
        still.unlink()
    return copy, still.name


def shots_of(output: Path) -> dict[str, tuple[int, int]]:
    """The shots of an output's track by key."""
    header = json.loads((Path(f"{output}.kctrack") / "track.json").read_text())
    return {shot["key"]: (shot["start"], shot["stop"]) for shot in header["shots"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("film", type=Path)
    parser.add_argument("stills", type=Path)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--together", action="store_true", help="kill one run again and again, not a fresh one")
    parser.add_argument("--working-size", type=int, default=128)
    parser.add_argument("--model", default="matching")
    parser.add_argument("--replace", type=int, default=0, help="which still, in order of names")
    parser.add_argument("--seed", type=int, default=0)
    settings = parser.parse_args()
    rng = random.Random(settings.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        whole = folder / "whole.mkv"
        tail = (settings.working_size, settings.model)
        seconds = run(settings.film, settings.stills, whole, *tail)
        wanted, count = frames_hash(whole), len(shots_of(whole))
        print(f"\n{settings.film.name}: {count} shots; uninterrupted {seconds:.1f} s.\n")
        print("| killed after, s | shots kept | resumed in, s | frames identical |\n|---|---|---|---|")
        if settings.together:
            killed_together(settings, folder, rng, seconds, tail, wanted, count)
        else:
            killed_each(settings, folder, rng, seconds, tail, wanted, count)
        replace_one(settings, folder, tail, whole)


def kept_in(output: Path) -> int:
    return len(list(Path(f"{output}.kctrack").glob("shots/*.mkv")))


def compare(output: Path, wanted: str) -> str:
    left = [path.name for path in output.parent.iterdir() if ".partial" in path.name]
    return ("yes" if frames_hash(output) == wanted else "NO") + (f", but {left} is left behind" if left else "")


def killed_each(settings, folder, rng, seconds, tail, wanted, count) -> None:  # type: ignore[no-untyped-def]
    kills = 0
    while kills < settings.kills:
        output = folder / "killed" / "whole.mkv"
        output.parent.mkdir()
        moment = rng.uniform(0, seconds)
        if kill_after(moment, (settings.film, settings.stills, output, *tail)):
            kills += 1
            there = kept_in(output)
            took = run(settings.film, settings.stills, output, *tail)
            row = compare(output, wanted)
            print(f"| {moment:.1f} | {there} of {count} | {took:.1f} | {row} |", flush=True)
        else:
            seconds = min(seconds, moment)  # the machine has become faster: that run was over before its time
        shutil.rmtree(output.parent)


def killed_together(settings, folder, rng, seconds, tail, wanted, count) -> None:  # type: ignore[no-untyped-def]
    output = folder / "again" / "whole.mkv"
    output.parent.mkdir()
    for _ in range(settings.kills):
        moment = rng.uniform(2, max(4.0, seconds / 8))
        killed = kill_after(moment, (settings.film, settings.stills, output, *tail))
        print(f"| {moment:.1f}{'' if killed else ' (done)'} | {kept_in(output)} of {count} | | |", flush=True)
        if not killed:
            break
    took = run(settings.film, settings.stills, output, *tail) if killed else 0.0
    print(f"| not again | {count} of {count} | {took:.1f} | {compare(output, wanted)} |", flush=True)


def replace_one(settings, folder, tail, whole) -> None:  # type: ignore[no-untyped-def]
    stills, name = replaced(settings.stills, folder, settings.replace)
    before = shots_of(whole)
    whole.unlink()
    took = run(settings.film, stills, whole, *tail)
    after = shots_of(whole)
    fresh = folder / "fresh" / "whole.mkv"
    fresh.parent.mkdir()
    anew = run(settings.film, stills, fresh, *tail)
    changed = [f"{start}-{stop - 1}" for key, (start, stop) in after.items() if key not in before]
    print(f"\nReplacing {name}: computed again {len(changed)} of {len(after)} shots ({', '.join(changed)}), ", end="")
    same = frames_hash(whole) == frames_hash(fresh)
    print(f"{took:.1f} s against {anew:.1f} s from nothing; frames identical: {'yes' if same else 'NO'}.", flush=True)


if __name__ == "__main__":
    main()
