"""One mutation of each kind of file, of the thousands that the benchmark tries."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"


@pytest.mark.process
def test_damaged_files_of_every_kind_end_in_no_traceback_crash_or_hang() -> None:
    words = [sys.executable, str(SCRIPT), "200", "--seconds", "60"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 bad." in done.stdout
