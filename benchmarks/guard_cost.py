"""The cost of the checks: the CPU time of each in a real run of the command, as a share of the whole.

    python benchmarks/guard_cost.py [FRAMES] [WIDTHxHEIGHT] [--model NAME] [--pictures]

Runs on a busy machine differ by some per cent, which is more than what is sought. So the run is not compared with
another: each check is wrapped in place, and the CPU time of its thread is added up (what a check calls in turn counts
once, for the outermost). Checks of a few operations a frame, too small to be wrapped, are timed apart and multiplied.
Prints CPU milliseconds for the film and per frame, and the share of the process's user and system time.
"""

import argparse
import contextlib
import importlib
import os
import pkgutil
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

import kinemacolor
from kinemacolor.cli import main as command

GUARDS = {
    "hash of the film and of masks": ("engine.track.keys:film_signature", "engine.track.keys:folder_signature"),
    "hash of each piece of the track": ("engine.track.seal:described", "engine.track.seal:_seal_of"),
    "pieces of the track held against their hash": ("engine.track.seal:require_described",),
    "log of libav read; packets and holes counted": ("io.timeline:timeline_of",),
    "output read back, packets counted": ("io.count:require_packets",),
    "names checked: no input overwritten, nothing there": (
        "io.destination:spare_inputs", "io.destination:require_free", "io.destination:require_home",
        "engine.inputs:_check_places",
    ),
    "locks, leftovers of killed runs": ("io.destination:_clear_left_over", "io.locks:locked"),
    "flush to the disk (fsync)": ("io.swap:flush", "io.swap:flush_files"),
    "regular files only": ("io.regular:require_regular",),
}  # fmt: skip


class Clock:
    """CPU time by guard, the number of calls, and by how much the process's peak grew within it.

    The outermost guard of a thread counts.
    """

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.peak_kib: Counter[str] = Counter()
        self._within = threading.local()

    def wrapped(self, name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        """A function whose time counts for a guard."""

        def timed(*given: Any, **named: Any) -> Any:
            if getattr(self._within, "name", None) is not None:
                return act(*given, **named)
            self._within.name, peak, begun = name, peak_kib(), time.thread_time()
            try:
                return act(*given, **named)
            finally:
                self.seconds[name] += time.thread_time() - begun
                self.peak_kib[name] += peak_kib() - peak
                self.calls[name] += 1
                self._within.name = None

        return timed


def wrap_all(clock: Clock) -> None:
    """Puts the wrapped functions in the place of all names that they go by."""
    for module in pkgutil.walk_packages(kinemacolor.__path__, "kinemacolor."):
        if not module.name.endswith("__main__"):
            with suppress(ImportError):
                importlib.import_module(module.name)
    for name, places in GUARDS.items():
        for place in places:
            module_name, _, function = place.partition(":")
            old = getattr(sys.modules[f"kinemacolor.{module_name}"], function)
            new = clock.wrapped(name, old)
            for module in [m for n, m in sys.modules.items() if n.startswith("kinemacolor")]:
                for each, value in list(vars(module).items()):
                    if value is old:
                        setattr(module, each, new)
    os.fsync = clock.wrapped("flush to the disk (fsync)", os.fsync)


def make_film(folder: Path, frames: int, size: tuple[int, int]) -> None:
    """A panned texture with grain, H.264 in MP4, and a still."""
    width, height = size
    chance = np.random.default_rng(0)
    small = chance.integers(30, 220, (height // 16, (width + 4 * frames) // 16, 3)).astype(np.uint8)
    world = np.asarray(Image.fromarray(small).resize((width + 4 * frames, height), Image.Resampling.BICUBIC))
    with av.open(str(folder / "film.mp4"), "w") as film:
        stream = film.add_stream("libx264", rate=Fraction(24))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for i in range(frames):
            gray = world[:, 4 * i : 4 * i + width].mean(-1) + chance.normal(0, 2, (height, width))
            film.mux(stream.encode(av.VideoFrame.from_ndarray(gray.clip(0, 255).astype(np.uint8), format="gray")))
        film.mux(stream.encode(None))
    Image.fromarray(world[:, :width]).save(folder / "ref_000000.png")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):
        yield


def run(words: list[str]) -> None:
    sys.argv = ["kinemacolor", *words]
    try:
        with quiet():
            command()
    except SystemExit as ended:
        if ended.code:
            raise


def peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def small_checks() -> dict[str, float]:
    """Seconds of one call of what is too small to be wrapped."""
    from kinemacolor.io.time_limit import within

    begun, rounds = time.process_time(), 500
    for _ in range(rounds):
        within(1.0, int)
    thread = (time.process_time() - begun) / rounds
    frame = av.VideoFrame(16, 16, "gray")
    begun = time.process_time()
    for _ in range(100_000):
        frame.is_corrupt  # noqa: B018
    return {
        "thread of a picture's time limit": thread,
        "mark of damage, read of each frame": (time.process_time() - begun) / 1e5,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frames", nargs="?", type=int, default=48)
    parser.add_argument("size", nargs="?", default="640x360")
    parser.add_argument("--model", default="colormnet-lite")
    parser.add_argument("--pictures", action="store_true", help="write a folder of PNG")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    clock = Clock()
    wrap_all(clock)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        make_film(work, given.frames, (width, height))
        output = work / ("out/f_%04d.png" if given.pictures else "out.mkv")
        begun = cpu_seconds()
        run(["colorize", str(work / "film.mp4"), "-e", f"{work / 'ref_000000.png'}@0", "-o", str(output), "-q",
             "--model", given.model])  # fmt: skip
        whole = cpu_seconds() - begun
    counts = {"thread of a picture's time limit": 2, "mark of damage, read of each frame": given.frames}
    for check, seconds in small_checks().items():
        clock.seconds[check], clock.calls[check] = seconds * counts[check], counts[check]
    print(f"{given.model}, {given.frames} frames of {given.size}, CPU of the run {whole:.2f} s\n")
    print("| check | calls | CPU ms a film | CPU ms a frame | share | peak grew by MiB |\n|---|--:|--:|--:|--:|--:|")
    for check, seconds in sorted(clock.seconds.items(), key=lambda each: -each[1]):
        per_frame = 1000 * seconds / given.frames
        grown = clock.peak_kib[check] / 1024
        cells = (check, clock.calls[check], f"{1000 * seconds:.2f}", f"{per_frame:.4f}", f"{seconds / whole:.3%}")
        print(f"| {' | '.join(map(str, cells))} | {grown:.2f} |")
    total = sum(clock.seconds.values())
    print(
        f"| **all** | | {1000 * total:.2f} | {1000 * total / given.frames:.4f} | **{total / whole:.2%}** | "
        f"{sum(clock.peak_kib.values()) / 1024:.2f} of {peak_kib() / 1024:.0f} |"
    )


if __name__ == "__main__":
    main()
