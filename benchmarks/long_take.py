"""Kills a run in one long take at random moments: how many frames are lost a kill, and is the film the same?

    python benchmarks/long_take.py [--frames 20000] [--kills 5] [--model flow] [--working-size 48]

The command is killed (SIGKILL) when so many frames, drawn at random, are done, and started again, until all kills are
done; then it ends the film. A kill loses the frames that were done and are not in a piece of the track. Exits with 1
where the film is not that of a run that nobody killed.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
from PIL import Image


def make_film(path: Path, frames: int) -> None:
    """A texture that moves, 64x48, in one take."""
    world = np.random.default_rng(0).integers(10, 240, (12, 16)).repeat(8, 0).repeat(8, 1).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        for i in range(frames):
            picture = np.ascontiguousarray(np.roll(world, (i // 7, i // 3), (0, 1))[:48, :64])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="gray")))
        container.mux(stream.encode(None))
    Image.fromarray(np.stack([world[:48, :64], world[:48, :64] // 2, world[:48, :64] // 3], -1)).save(
        path.with_name("still_000000.png")
    )


def kept_frames(track: Path) -> int:
    """The frames in pieces that the track has."""
    return sum(json.loads(path.read_text())["frames"] for path in (track / "shots").glob("*.??????.json"))


def killed(command: list[str], work: Path, at: int) -> tuple[int, int, float]:
    """Ends the command when ``at`` frames are kept, or soon after: those, all that are kept, and its seconds."""
    shots = work / "out.mkv.kctrack" / "shots"
    began = time.perf_counter()
    at = max(at, kept_frames(work / "out.mkv.kctrack") + 1)
    with subprocess.Popen(command, cwd=work) as process:
        while process.poll() is None:
            time.sleep(0.01)
            done = kept_frames(work / "out.mkv.kctrack") if shots.is_dir() else 0
            if done >= at:
                break  # a piece has just become complete
        time.sleep(random.uniform(0, 1))  # anywhere within the next spans
        process.kill()
    return at, kept_frames(work / "out.mkv.kctrack"), time.perf_counter() - began


def planes_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray().tobytes() for frame in film.decode(video=0)]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--frames", type=int, default=20_000)
    asked.add_argument("--kills", type=int, default=5)
    asked.add_argument("--model", default="flow")
    asked.add_argument("--working-size", default="48")
    asked.add_argument("--seed", type=int, default=0)
    given = asked.parse_args()
    random.seed(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        make_film(work / "film.mkv", given.frames)
        command = [sys.executable, "-m", "kinemacolor", "colorize", "film.mkv", "-e", "still_000000.png", "--quiet"]
        command += [
            "--model",
            given.model,
            "--working-size",
            given.working_size,
            "--shots",
            "none",
            "--codec",
            "ffv1",
        ]
        began = time.perf_counter()
        subprocess.run([*command, "-o", "whole.mkv", "--no-track"], cwd=work, check=True)
        whole = time.perf_counter() - began
        ran = 0.0
        for at in sorted(random.sample(range(given.frames * 2 // 3), given.kills)):
            wanted, kept, seconds = killed([*command, "-o", "out.mkv"], work, at - at % 240)
            ran += seconds
            print(f"killed after {seconds:.1f} s, beyond frame {wanted}: {kept} frames kept", flush=True)
        began = time.perf_counter()
        subprocess.run([*command, "-o", "out.mkv"], cwd=work, check=True)
        ran += time.perf_counter() - began
        same = planes_of(work / "out.mkv") == planes_of(work / "whole.mkv")
    print(f"{given.frames} frames, {given.model}: {whole:.1f} s without a kill, {ran:.1f} s with {given.kills}")
    print(f"{(ran - whole) / given.kills:.1f} s a kill, the start of the command included; the same film: {same}")
    sys.exit(not same)


if __name__ == "__main__":
    main()
