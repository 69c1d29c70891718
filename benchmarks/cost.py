"""The cost of coloring: as in the papers' tables, as films grow, and stage by stage.

    python benchmarks/cost.py papers --model matching --model colormnet-lite --frames 300
    python benchmarks/cost.py papers --model colormnet:random --frames 6
    python benchmarks/cost.py curves --model matching --model colormnet-lite --plot curves.svg
    python benchmarks/cost.py curves --model colormnet-lite --low 90 --lengths 100 1000 20000 --exemplars 1 200
    python benchmarks/cost.py stages --model matching --model colormnet-lite

``papers`` is ColorMNet's Table 2: 300 frames of 960x536, seen at that size. ``curves`` lets length, size and the
number of exemplars grow. ``stages`` times the parts of a frame. The network alone, on frames in memory made here;
every run in a process of its own, runs of different models and points in turn, so that what else the machine does
falls on all alike. The first ``--warm-up`` frames do not count. CPU-seconds are those of the process; its peak
resident set counts torch and the network. ``colormnet:random`` is a network of full size with random weights.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import torch

from kinemacolor import color, load_model
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.models.base import Reference, StreamingColorizer
from kinemacolor.models.colormnet import ColorMNet, ColorMNetColorizer, ColorMNetConfig
from speed import ENVIRONMENT, texture
from stages import Stages

PAPERS = (536, 960)
LOW = 240
LENGTHS, SHORT_SIDES, EXEMPLARS = (25, 50, 100, 200), (120, 240, 360, 480, 720), (1, 2, 4, 8, 16)
CURVES = ("frames", "pixels", "exemplars")
Point = dict[str, int]
"""Height, width, frames, exemplars and, of ``curves``, the number of the curve that it is a point of."""
Run = dict[str, float]


def model_of(name: str) -> StreamingColorizer:
    """The model, with random weights where the name says so."""
    kind, _, weights = name.partition(":")
    if kind == "colormnet" and weights == "random":
        torch.manual_seed(0)
        return ColorMNetColorizer(ColorMNet(ColorMNetConfig()))
    model = load_model(kind, weights=weights or "default")
    assert isinstance(model, StreamingColorizer)
    return model


def film(height: int, width: int, frames: int) -> Iterator[torch.Tensor]:
    """Lumas of a slow pan over a texture."""
    world = color.split(torch.from_numpy(texture(height, width + 2 * 64).copy()).permute(2, 0, 1))[0]
    for i in range(frames):
        left = 64 + round(60 * torch.sin(torch.tensor(i / 20)).item())
        yield world[..., left : left + width].clone()


def references(height: int, width: int, count: int) -> list[Reference]:
    """The first frame in color, and pictures that are no frames of the film."""
    still = texture(height, width + 2 * 64)[:, 64 : 64 + width]
    found = [Reference(*color.split(torch.from_numpy(still.copy()).permute(2, 0, 1)), 0)]
    for seed in range(1, count):
        other = torch.from_numpy(texture(height, width, seed).copy()).permute(2, 0, 1)
        found.append(Reference(*color.split(other)))
    return found


def measure(name: str, point: Point, warm_up: int, *, by_stage: bool) -> Run:
    """One run in this process: seconds a frame, CPU-seconds a frame, peak resident set; and CPU-seconds by stage."""
    model = model_of(name)
    state = model.start(references(point["height"], point["width"], point["exemplars"]))
    stages = Stages(model) if by_stage else None
    began, cpu = 0.0, 0.0
    for number, luma in enumerate(film(point["height"], point["width"], warm_up + point["frames"])):
        if number == warm_up:
            began, cpu = time.perf_counter(), time.process_time()
            if stages is not None:
                stages.seconds.clear()
        model.step(luma, state)
    frames = point["frames"]
    run = {
        "seconds": (time.perf_counter() - began) / frames,
        "cpu_seconds": (time.process_time() - cpu) / frames,
        "rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    return run if stages is None else run | {f"in {k}": s / frames for k, s in stages.seconds.items()}


def points_of(arguments: argparse.Namespace) -> list[Point]:
    """The points of this benchmark."""
    height, width = PAPERS
    if arguments.what != "curves":
        return [{"height": height, "width": width, "frames": arguments.frames, "exemplars": 1}]
    few, low = 10, _wide(arguments.low)
    return [
        *({**low, "frames": n, "exemplars": 1, "curve": 0} for n in arguments.lengths),
        *({**_wide(side), "frames": few, "exemplars": 1, "curve": 1} for side in arguments.short_sides),
        *({**low, "frames": few, "exemplars": n, "curve": 2} for n in arguments.exemplars),
    ]


def _wide(short_side: int) -> Point:
    """A picture of 16:9 with this short side."""
    return {"height": short_side, "width": round(short_side * 16 / 9 / 2) * 2}


def run_all(arguments: argparse.Namespace) -> dict[tuple[str, str], list[Run]]:
    """Every model at every point, in turn, so many times."""
    runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for _ in range(arguments.repeats):
        for point in points_of(arguments):
            for name in arguments.model:
                command = [sys.executable, __file__, arguments.what, "--model", name, "--one", json.dumps(point)]
                command += ["--warm-up", str(arguments.warm_up)]
                done = subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT)
                runs[name, json.dumps(point)].append(json.loads(done.stdout.splitlines()[-1]))
                print(name, point, done.stdout.splitlines()[-1], file=sys.stderr, flush=True)
    return runs


def table(runs: dict[tuple[str, str], list[Run]]) -> str:
    """A line for each model and point: medians, and least and most."""
    lines = ["| model | size | frames | exemplars | CPU-s a frame | s a frame | peak RSS MiB |"]
    lines.append("|---|---|--:|--:|--:|--:|--:|")
    for (name, text), found in runs.items():
        point = json.loads(text)
        place = f"{point['width']}x{point['height']} | {point['frames']} | {point['exemplars']}"
        cells = [_spread([run[key] for run in found]) for key in ("cpu_seconds", "seconds")]
        lines.append(f"| {name} | {place} | {' | '.join(cells)} | {max(run['rss_mib'] for run in found):.0f} |")
    return "\n".join(lines)


def stage_table(runs: dict[tuple[str, str], list[Run]]) -> str:
    """CPU-seconds a frame by stage, medians, and each stage's share."""
    lines = ["| model | stage | CPU-s a frame | share |", "|---|---|--:|--:|"]
    for (name, _), found in runs.items():
        total = statistics.median(run["cpu_seconds"] for run in found)
        named = {
            k.removeprefix("in "): statistics.median(run[k] for run in found) for k in found[0] if k[:3] == "in "
        }
        named["all else"] = max(0.0, total - sum(named.values()))
        for stage, seconds in sorted(named.items(), key=lambda pair: -pair[1]):
            lines.append(f"| {name} | {stage} | {seconds:.4f} | {100 * seconds / total:.0f} % |")
    return "\n".join(lines)


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f}..{max(values):.3f})"


def plot(runs: dict[tuple[str, str], list[Run]], path: Path) -> None:
    """Cost and memory over length, size and number of exemplars."""
    from matplotlib.figure import Figure

    axes = Figure(figsize=(11, 5), layout="constrained").subplots(2, 3)
    titles = ("frames", "megapixels", "exemplars")
    for name in dict.fromkeys(name for name, _ in runs):
        of_model = [(json.loads(text), found) for (each, text), found in runs.items() if each == name]
        for column, (kind, title) in enumerate(zip(CURVES, titles)):
            chosen = [(p, r) for p, r in of_model if p["curve"] == column]
            x = [p["height"] * p["width"] / 1e6 if kind == "pixels" else p[kind] for p, _ in chosen]
            for row, key in enumerate(("cpu_seconds", "rss_mib")):
                y = [statistics.median(run[key] for run in found) for _, found in chosen]
                axes[row, column].plot(x, y, marker="o", markersize=3, label=name)
                axes[row, column].set(xlabel=title, ylabel=("CPU-s a frame", "peak RSS, MiB")[row], ylim=(0, None))
    for each in axes.flat:
        each.set_ylim(0, 1.1 * max((max(line.get_ydata(), default=0) for line in each.lines), default=0) or 1)
        each.grid(alpha=0.25)
    axes[0, 0].legend(frameon=False, fontsize=8)
    axes[0, 0].figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("papers", "curves", "stages"))
    parser.add_argument("--model", action="append", help="repeatable; NAME, NAME:WEIGHTS or colormnet:random")
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--warm-up", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--lengths", type=int, nargs="*", default=LENGTHS, help="of curves, in frames")
    parser.add_argument("--short-sides", type=int, nargs="*", default=SHORT_SIDES, help="of curves, in pixels")
    parser.add_argument("--exemplars", type=int, nargs="*", default=EXEMPLARS, help="of curves, how many")
    parser.add_argument("--low", type=int, default=LOW, help="the short side while length and exemplars grow")
    parser.add_argument("--plot", type=Path, help="with curves: where the plot goes (svg or png)")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.model = arguments.model or ["matching"]
    torch.set_num_threads(arguments.threads)
    if arguments.one:
        point, by_stage = json.loads(arguments.one), arguments.what == "stages"
        print(json.dumps(measure(arguments.model[0], point, arguments.warm_up, by_stage=by_stage)))
        return
    load = os.getloadavg()[0]
    runs = run_all(arguments)
    print(table(runs))
    if arguments.what == "stages":
        print("\n" + stage_table(runs))
    if arguments.plot:
        plot(runs, arguments.plot)
    made = {"provenance": provenance(), "load_before": load, "load_after": os.getloadavg()[0]}
    print("\n" + json.dumps(made))
    if arguments.json:
        rows = [{"model": name, "point": json.loads(point), "runs": found} for (name, point), found in runs.items()]
        arguments.json.write_text(json.dumps(made | {"rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
