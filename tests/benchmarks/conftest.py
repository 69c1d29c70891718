"""The benchmarks' own packages are found as the benchmarks find them; so is the training tests' stand-in data."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path += [str(ROOT / "benchmarks"), str(ROOT / "tests" / "training")]
