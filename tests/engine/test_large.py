"""4K and 8K: the size is kept, and memory stays within a budget. The command itself, in a process of its own."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.process

BUDGET_MIB = {2160: 2048, 4320: 5120}
"""Most of it are the frames between decoder, network and encoder: 4 ahead, 8 behind, and what their codecs hold."""


COMMAND = """
import atexit, runpy
from kinemacolor.models.host_memory import peak_bytes

atexit.register(lambda: print(peak_bytes()))
runpy.run_module("kinemacolor", run_name="__main__")
"""
"""The command, which says its peak at its end: what the system says of a child may be the peak of its parent."""


def peak_of(words: list[str]) -> tuple[int, int]:
    """Exit code and peak in MiB of a command."""
    done = subprocess.run([sys.executable, "-c", COMMAND, *words], stdout=subprocess.PIPE, text=True)
    return done.returncode, int(done.stdout.split()[-1]) // 2**20


@pytest.mark.parametrize("height", [2160, pytest.param(4320, marks=pytest.mark.slow)])
def test_case_09_large_frames_keep_their_size_within_a_budget(
    make_film: Callable[..., Path], tmp_path: Path, height: int
) -> None:
    size = (height, height * 16 // 9)
    film = make_film(tmp_path / "film.mkv", frames=3, size=size)
    Image.fromarray(np.full((90, 160, 3), (200, 90, 80), np.uint8)).save(tmp_path / "still.png")
    output = tmp_path / "out.mkv"
    words = ["colorize", str(film), "-e", f"{tmp_path / 'still.png'}@0", "-o", str(output), "--model", "flow", "-q"]
    code, peak = peak_of([*words, "--working-size", "90", "--shots", "none", "--no-track", "--codec", "ffv1"])
    assert code == 0
    with av.open(str(output)) as opened:
        stream = opened.streams.video[0]
        assert (stream.height, stream.width) == size
        assert sum(1 for _ in opened.decode(stream)) == 3
    assert peak < BUDGET_MIB[height], f"{peak} MiB"
