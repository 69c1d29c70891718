"""The house keeps its shape: who may import whom, and what is public."""

import subprocess
import sys
from pathlib import Path

import kinemacolor

ROOT = Path(__file__).parents[1]


def test_imports_go_down_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_public_names_are_sorted_and_there() -> None:
    assert kinemacolor.__all__ == sorted(kinemacolor.__all__)
    for name in kinemacolor.__all__:
        assert getattr(kinemacolor, name) is not None


def test_help_does_not_load_torch() -> None:
    """Importing torch costs more than a second; asking for help must not."""
    code = "import sys, kinemacolor.cli; sys.exit('torch' in sys.modules or 'av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_list_of_models_does_not_load_torch() -> None:
    code = "import sys; from kinemacolor import list_models; list_models(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
