"""Two small disks, of the hundred that the benchmark tries."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "full_disk.py"
NAMES = ["film and track", "film, report, strip", "pictures and track"]


def may_mount(folder: Path) -> bool:
    words = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(words, check=False, capture_output=True).returncode:
        return False
    subprocess.run(["umount", str(folder)], check=True)
    return True


@pytest.mark.process
def test_case_34_on_a_full_disk_the_old_film_stays_and_with_room_the_same_command_goes_on(tmp_path: Path) -> None:
    if not may_mount(tmp_path):
        pytest.skip("mounting a small disk needs root")
    words = [sys.executable, str(SCRIPT), "--sizes", "8", "64", "--only", *NAMES]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(f"| {name} | 2 |" in done.stdout for name in NAMES)
