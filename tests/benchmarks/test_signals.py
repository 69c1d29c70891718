"""A few interruptions of the real command, of the hundreds that the benchmark sends."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "signals.py"


@pytest.mark.process
def test_case_33_a_signal_at_any_moment_ends_the_command_and_leaves_nothing() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), "--runs", "4"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 of 4: 130" in done.stdout
