"""Sends SIGINT, SIGTERM and SIGHUP to ``kinemacolor colorize`` at random moments: how does it end?

    python benchmarks/signals.py [--runs 100] [--seconds 2.5] [--seed 0]

Each run colors the sample of the repository in a process of its own. The signal comes at a moment drawn evenly from
the seconds after the command listens: while modules are imported, weights are read, frames are decoded and colored.
It must end with code 130 within ten seconds, without a traceback, and leave no file. Prints what came of the runs;
exits with 1 where anything is wrong.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from threading import Thread

_SAMPLE = Path(__file__).parents[1] / "examples" / "sample"
_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LISTENS = "kinemacolor.interruption"
_PATIENCE_SECONDS = 10.0


def interrupted(number: signal.Signals, seconds: float, film: Path, still: Path) -> str:
    """The end of a run that gets a signal ``seconds`` after it began to listen: "130", or what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["colorize", film, "-e", still, "-o", Path(folder) / "out.mp4", "--no-track"]
        command = [sys.executable, "-X", "importtime", "-m", "kinemacolor", *map(str, words)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        errors: list[str] = []
        for line in process.stderr:  # Python says each module that has come in
            if line.rstrip().endswith(f" {_LISTENS}"):
                break
        reader = Thread(target=errors.extend, args=(process.stderr,))
        reader.start()
        time.sleep(seconds)
        process.send_signal(number)
        begun = time.monotonic()
        process.wait()
        took = time.monotonic() - begun
        reader.join()
        said = "".join(line for line in errors if not line.startswith("import time"))
        if process.returncode != 130:
            return f"code {process.returncode}: {said.strip()[-300:]}"
        if "Traceback" in said or "Error" in said:
            return f"said: {said.strip()[-300:]}"
        if took > _PATIENCE_SECONDS:
            return f"took {took:.0f} s"
        left = sorted(path.name for path in Path(folder).iterdir())
        return f"left {left}" if left else "130"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=2.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--film", type=Path, default=_SAMPLE / "bw.mp4")
    parser.add_argument("--still", type=Path, default=_SAMPLE / "ref_000000.png")
    options = parser.parse_args()
    drawn = random.Random(options.seed)
    ends: Counter[str] = Counter()
    for _ in range(options.runs):
        number, seconds = drawn.choice(_NUMBERS), drawn.uniform(0, options.seconds)
        came = interrupted(number, seconds, options.film, options.still)
        ends[came] += 1
        if came != "130":
            print(f"{number.name} after {seconds:.3f} s: {came}", flush=True)
    print(", ".join(f"{count} of {options.runs}: {came}" for came, count in ends.most_common()))
    return 0 if set(ends) == {"130"} else 1


if __name__ == "__main__":
    sys.exit(main())
