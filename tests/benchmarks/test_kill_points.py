"""A few kills of the real command, of the thousand that the benchmark makes."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "kill_points.py"


NAMES = ["film, old there", "pictures, old and others there", "film, report, strip"]


@pytest.mark.process
def test_case_32_a_kill_at_a_step_leaves_the_old_or_the_new_and_the_same_command_completes() -> None:
    words = [sys.executable, str(SCRIPT), "--moments", "1", "--every", "40", "--only", *NAMES]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(f"| {name} |" in done.stdout for name in NAMES)
