"""Guards speed: a commit beside an earlier one, by stage, in one run.

    python benchmarks/guard.py --base HEAD~1 --model colormnet-lite --size 854x480

Both commits are checked out beside each other and measured in turn, ``--repeats`` times, each by its own
``cost.py stages`` (the network, frame by frame) and ``speed.py`` (the whole command). A machine that is busy with
other things slows both alike, so that the ratios hold where the seconds do not. Figures are CPU-seconds a frame, the
median of the runs. The exit code is 1 where a total is more than ``--limit`` times what it was. ``--table FILE`` adds
the totals as a line to a table of ratios (benchmarks/results/guard.md is the one we keep). No data from elsewhere is
needed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
NETWORK, WHOLE = "network", "end to end"
TOTALS = (NETWORK, WHOLE)
Figures = dict[str, list[float]]


def git(*arguments: str) -> str:
    """The output of a git command in the repository, without the line end."""
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def last_line(tree: Path, script: str, arguments: list[str]) -> dict[str, float]:
    """The figures that a tree's own benchmark prints last."""
    # the command itself sets how threads wait; without it they burn time that is no work
    environment = os.environ | {"PYTHONPATH": str(tree / "src"), "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, str(tree / "benchmarks" / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tree, check=False)
    if done.returncode:
        sys.exit(f"{script} of {tree.name} failed:\n{done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def measured(tree: Path, arguments: argparse.Namespace) -> dict[str, float]:
    """CPU-seconds a frame by stage, of the network and end to end."""
    width, height = map(int, arguments.size.split("x"))
    point = json.dumps({"height": height, "width": width, "frames": arguments.frames, "exemplars": 1})
    stages = ["stages", "--model", arguments.model, "--one", point, "--warm-up", "4"]
    network = last_line(tree, "cost.py", stages)
    size = ["--size", arguments.size, "--frames", str(arguments.frames)]
    whole = last_line(tree, "speed.py", ["--model", arguments.model, "--one", WHOLE, *size])
    by_stage = {name.removeprefix("in "): seconds for name, seconds in network.items() if name.startswith("in ")}
    return by_stage | {NETWORK: network["cpu_seconds"], WHOLE: whole["cpu_seconds_per_frame"]}


def compared(arguments: argparse.Namespace) -> tuple[Figures, Figures]:
    """The figures of both commits, measured in turn."""
    before: Figures = defaultdict(list)
    now: Figures = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        trees = {commit: Path(folder) / name for name, commit in (("base", arguments.base), ("head", arguments.head))}
        for commit, tree in trees.items():
            git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            for number in range(arguments.repeats):
                for (_, tree), figures in zip(trees.items(), (before, now)):
                    for stage, seconds in measured(tree, arguments).items():
                        figures[stage].append(seconds)
                print(f"{number + 1} of {arguments.repeats}", file=sys.stderr, flush=True)
        finally:
            for tree in trees.values():
                git("worktree", "remove", "--force", str(tree))
    return before, now


def table(before: Figures, now: Figures) -> tuple[str, dict[str, float]]:
    """The stages as a table, and the ratios (now to before) of the totals."""
    lines = ["| stage | before (ms) | now (ms) | now / before |", "|---|---|---|---|"]
    ratios = {}
    stages = [name for name in dict.fromkeys((*before, *now)) if name not in TOTALS]
    for stage in (*sorted(stages, key=lambda name: -max((*before.get(name, [0]), *now.get(name, [0])))), *TOTALS):
        middle = [statistics.median(figures[stage]) if stage in figures else None for figures in (before, now)]
        cells = ["-" if each is None else f"{1000 * each:.1f}" for each in middle]
        ratio = middle[1] / middle[0] if middle[0] and middle[1] else None
        lines.append(f"| {stage} | {cells[0]} | {cells[1]} | {'-' if ratio is None else f'{ratio:.2f}'} |")
        if stage in TOTALS and ratio is not None:
            ratios[stage] = ratio
    return "\n".join(lines), ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="HEAD~1", help="the earlier commit")
    parser.add_argument("--head", default="HEAD", help="the commit that is guarded")
    parser.add_argument("--model", default="colormnet-lite")
    parser.add_argument("--size", default="854x480", help="WIDTHxHEIGHT")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=float, default=1.1)
    parser.add_argument("--table", type=Path, help="a Markdown table that gets a line more")
    arguments = parser.parse_args()
    arguments.base, arguments.head = (git("rev-parse", "--short", each) for each in (arguments.base, arguments.head))
    if arguments.base == arguments.head:
        sys.exit(f"{arguments.base} is both commits. Give another --base.")
    text, ratios = table(*compared(arguments))
    print(f"{arguments.model}, {arguments.size}, {arguments.base} (before) and {arguments.head} (now)\n\n{text}")
    if arguments.table:
        with arguments.table.open("a") as file:
            cells = " | ".join(f"{ratios[name]:.2f}" for name in TOTALS)
            file.write(f"| {arguments.base} | {arguments.head} | {arguments.model} | {arguments.size} | {cells} |\n")
    if slower := [name for name, ratio in ratios.items() if ratio > arguments.limit]:
        sys.exit(f"Slower than {arguments.limit} times {arguments.base}: {' and '.join(slower)}.")


if __name__ == "__main__":
    main()
