"""Lowest and newest versions of what we promise: installed, and the fast tests run in them.

    scripts/versions                          # every case for which there is an interpreter
    scripts/versions 3.11-lowest --keep       # one, and its environment is left in build/versions

What is installed is resolved by uv: ``lowest`` takes the oldest version of all that ``pyproject.toml`` names,
``newest`` the newest. Tools that only tests need are always the newest. The table is written to
``build/versions.md``; ``docs/systems.md`` has that of the last release. PyTorch's default build for Linux brings
gigabytes of CUDA libraries; ``UV_FIND_LINKS`` or ``UV_TORCH_BACKEND=cpu`` give uv another.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORK = ROOT / "build" / "versions"
UV = os.environ.get("UV", "uv")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SHOWN = ("torch", "av", "numpy", "pillow", "opencv-python-headless")
EXTRAS = ("web", "eval", "heic", "edges")
"""What users install and tests use; the rest of ``dev`` is tools."""

CASES = tuple(f"{python}-{which}" for python in PYTHONS for which in ("lowest", "newest"))
_RESOLUTION = {"lowest": "lowest-direct", "newest": "highest"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row of the table."""

    case: str
    python: str
    versions: dict[str, str]
    tests: str
    seconds: float
    passed: bool


def interpreter(python: str) -> str | None:
    """The path of an interpreter of this version; None where there is none."""
    found = subprocess.run(
        [UV, "python", "find", "--no-python-downloads", python], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None if found.returncode == 0 else None


def uv(*words: str) -> None:
    """Runs uv; raises ``CalledProcessError`` with what it said where that fails."""
    subprocess.run([UV, *words], cwd=ROOT, check=True, capture_output=True, text=True)


def tried(case: str, *, keep: bool) -> Outcome:
    """Installs a case and runs the fast tests in it."""
    began = time.monotonic()
    python, which = case.split("-")
    path = interpreter(python)
    if path is None:
        return Outcome(case, python, {}, "no interpreter here", 0.0, True)
    place = WORK / case
    wanted = WORK / f"{case}.txt"
    inside = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    try:
        WORK.mkdir(parents=True, exist_ok=True)
        uv("venv", "--quiet", "--clear", "--python", path, str(place))
        resolution = ["--resolution", _RESOLUTION[which]]
        # only wheels: an old release without one for this Python would have to be compiled
        wheels = ["--only-binary", ":all:", *(word for extra in EXTRAS for word in ("--extra", extra))]
        uv(
            "pip",
            "compile",
            "--quiet",
            *resolution,
            *wheels,
            "--python",
            str(inside),
            "pyproject.toml",
            "-o",
            str(wanted),
        )
        uv("pip", "install", "--quiet", "--python", str(inside), "-r", str(wanted))
        uv("pip", "install", "--quiet", "--python", str(inside), "-c", str(wanted), "--editable", ".[dev]")
        versions = versions_in(inside)
        tests, passed = tests_in(inside)
    except subprocess.CalledProcessError as error:
        lines = [line.strip(" │╰─▶×") for line in (error.stderr or "").splitlines() if line.strip(" │╰─▶×")]
        return Outcome(
            case, python, {}, f"cannot be installed: {' '.join(lines[:3])[:200]}", time.monotonic() - began, False
        )
    finally:
        if not keep:
            shutil.rmtree(place, ignore_errors=True)
    return Outcome(case, versions.pop("python"), versions, tests, time.monotonic() - began, passed)


def versions_in(inside: Path) -> dict[str, str]:
    """The versions in an environment."""
    code = (
        "import json, platform; from importlib.metadata import version; "
        f"print(json.dumps({{'python': platform.python_version(), **{{n: version(n) for n in {SHOWN!r}}}}}))"
    )
    done = subprocess.run([inside, "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def tests_in(inside: Path) -> tuple[str, bool]:
    """What the fast tests say, and whether they passed."""
    words = [inside, "-m", "pytest", "--fast", "--numprocesses", "2", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    (WORK / "last.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    for line in done.stdout.splitlines():
        if line.startswith(("FAILED", "ERROR")):
            print("   ", line, flush=True)
    last = (done.stdout.strip().splitlines() or ["no answer"])[-1]
    counts = re.findall(r"\d+ (?:passed|failed|skipped|error\w*)", last)
    return ", ".join(counts) or last, done.returncode == 0


def table(outcomes: list[Outcome]) -> str:
    """The rows in Markdown."""
    lines = [f"| | Python | {' | '.join(SHOWN)} | fast tests |", f"|---|---|{'---|' * len(SHOWN)}---|"]
    for each in outcomes:
        versions = " | ".join(each.versions.get(name, "") for name in SHOWN)
        lines.append(f"| {each.case.partition('-')[2]} | {each.python} | {versions} | {each.tests} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=CASES, metavar="CASE", help=f"of {', '.join(CASES)}")
    parser.add_argument("--keep", action="store_true", help="leave the environments where they are")
    given = parser.parse_args()
    if unknown := set(given.cases) - set(CASES):
        parser.error(f"there is no case {', '.join(sorted(unknown))}; give some of {', '.join(CASES)}")
    outcomes = []
    for case in given.cases:
        outcomes.append(tried(case, keep=given.keep))
        print(f"{case}: {outcomes[-1].tests} ({outcomes[-1].seconds:.0f} s)", flush=True)
        (WORK.parent / "versions.md").write_text(table(outcomes), encoding="utf-8")
    print(table(outcomes))
    sys.exit(not all(each.passed for each in outcomes))


if __name__ == "__main__":
    main()
