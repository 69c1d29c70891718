"""Frames a second of a model, end to end and alone, and its peak memory.

    python benchmarks/speed.py --model matching --size 854x480 --size 1920x1080 --frames 60

End to end is ``colorize_video``: decode, network, encode (H.264, the defaults), on a film synthesized here. Alone is
the network on frames in memory. ``--shots 12`` cuts the film into as many shots, each with a still of its
first frame. ``--beside FOLDER`` measures another checkout's code in turn, by this same script. Runs are interleaved
``--repeats`` times; the table gives the median and the spread. Peak memory is the process's resident set in a fresh
process a row. No data from elsewhere is needed.
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch

from kinemacolor import __version__, color, load_model
from kinemacolor.engine.video import colorize_video, working_size_of
from kinemacolor.frames import Exemplar
from kinemacolor.models.base import Reference
from kinemacolor.resize import fit, resize

ENVIRONMENT = os.environ | {"OMP_WAIT_POLICY": "PASSIVE"}
"""As the command sets it: threads that wait do not burn time, which would count as work."""


def texture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth random RGB picture, uint8 (h, w, 3)."""
    generator = torch.Generator().manual_seed(seed)
    layers = [
        torch.nn.functional.interpolate(
            torch.rand(1, 3, max(2, height // cell), max(2, width // cell), generator=generator),
            (height, width),
            mode="bicubic",
        )
        for cell in (120, 40, 12)
    ]
    picture = (0.5 * layers[0] + 0.3 * layers[1] + 0.2 * layers[2]).clamp(0, 1)[0]
    return (picture * 255).to(torch.uint8).permute(1, 2, 0).numpy()


def write_film(path: Path, height: int, width: int, frames: int, shots: int = 1) -> list[np.ndarray]:
    """A black-and-white pan over a texture with an object that moves against it, in so many shots of other textures.

    Returns the first frame of each shot in color.
    """
    stills = []
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=Fraction(24), options={"preset": "ultrafast", "crf": "20"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for shot in range(shots):
            world = texture(height + 64, width + 256, seed=2 * shot)
            world = world // 2 if shot % 2 else world  # dark and light by turns: cuts that are seen
            thing = texture(height // 4, width // 6, seed=2 * shot + 1)[..., ::-1]
            for i in range(frames // shots):
                x, y = round(128 + 120 * np.sin(i / 40)), round(32 + 30 * np.sin(i / 55))
                picture = world[y : y + height, x : x + width].copy()
                left = round((0.5 + 0.4 * np.sin(i / 25)) * (width - thing.shape[1]))
                picture[height // 3 : height // 3 + thing.shape[0], left : left + thing.shape[1]] = thing
                if i == 0:
                    stills.append(picture)
                gray = picture @ np.array([0.2126, 0.7152, 0.0722])
                frame = av.VideoFrame.from_ndarray(gray.round().astype(np.uint8), format="gray")
                film.mux(stream.encode(frame.reformat(format="yuv420p")))
        film.mux(stream.encode(None))
    return stills


def end_to_end(model: str, weights: str, film: Path, given: list[Exemplar], working_size: str) -> dict[str, float]:
    """Frames a second of the whole run (model loaded before), and CPU-seconds a frame."""
    colorizer = load_model(model, weights=weights)
    cpu = time.process_time()
    result = colorize_video(
        film, film.with_suffix(".color.mp4"), given, model=colorizer, working_size=working_size, overwrite=True
    )
    return {
        "fps": result.frames / result.seconds,
        "cpu_seconds_per_frame": (time.process_time() - cpu) / result.frames,
    }


def alone(model: str, weights: str, still: np.ndarray, working_size: str, frames: int) -> dict[str, float]:
    """Seconds and CPU-seconds a frame of the network, without decode, resize and encode; the first frame left out."""
    colorizer = load_model(model, weights=weights)
    height, width = fit((still.shape[0], still.shape[1]), working_size_of(working_size))
    luma, chroma = color.split(torch.from_numpy(still.copy()).permute(2, 0, 1))
    luma, chroma = resize(luma, (height, width)), resize(chroma, (height, width))
    answers = colorizer.colorize((luma.roll(2 * i, -1) for i in range(frames + 1)), [Reference(luma, chroma, 0)])
    next(answers)
    began, cpu = time.perf_counter(), time.process_time()
    for _ in answers:
        pass
    return {
        "fps": frames / (time.perf_counter() - began),
        "cpu_seconds_per_frame": (time.process_time() - cpu) / frames,
    }


def measure(arguments: argparse.Namespace) -> dict[str, float]:
    """One run of one kind in this process."""
    width, height = map(int, arguments.size[0].split("x"))
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        stills = write_film(film, height, width, arguments.frames, arguments.shots)
        if arguments.one == "end to end":
            length = arguments.frames // arguments.shots
            given = [Exemplar(torch.from_numpy(s.copy()).permute(2, 0, 1), i * length) for i, s in enumerate(stills)]
            figures = end_to_end(arguments.model, arguments.weights, film, given, arguments.working_size)
        else:
            figures = alone(arguments.model, arguments.weights, stills[0], arguments.working_size, arguments.frames)
    figures["peak_rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="matching")
    parser.add_argument("--weights", default="default")
    parser.add_argument("--size", action="append", help="WIDTHxHEIGHT, repeatable")
    parser.add_argument("--working-size", default="auto")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--shots", type=int, default=1)
    parser.add_argument("--beside", type=Path, metavar="FOLDER", help="another checkout, measured in turn")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", default=["end to end", "alone"])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.size = arguments.size or ["854x480", "1920x1080"]
    if arguments.one:
        print(json.dumps(measure(arguments)))
        return
    rows: dict[tuple[str, str, str], list[dict[str, float]]] = {}
    trees = [("this", Path(__file__).parents[1])]
    if arguments.beside:
        trees.insert(0, (str(arguments.beside), arguments.beside))
    for _ in range(arguments.repeats):
        for size in arguments.size:
            for kind in arguments.kinds:
                for name, tree in trees:
                    command = [sys.executable, __file__, "--one", kind, "--size", size, "--model", arguments.model]
                    command += ["--weights", arguments.weights, "--working-size", arguments.working_size]
                    command += ["--frames", str(arguments.frames), "--shots", str(arguments.shots)]
                    environment = ENVIRONMENT | {"PYTHONPATH": str(tree.resolve() / "src")}
                    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
                    rows.setdefault((size, kind, name), []).append(json.loads(done.stdout.splitlines()[-1]))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, kinemacolor {__version__}"
    what = f"working size {arguments.working_size}, {arguments.frames} frames, {arguments.shots} shots"
    print(f"{arguments.model}, {what}; {machine}\n")
    print("| film | what | code | fps (min..max) | CPU-s/frame | peak RSS MiB |\n|---|---|---|---|---|---|")
    for (size, kind, name), runs in rows.items():
        fps = [run["fps"] for run in runs]
        cpu = statistics.median(run["cpu_seconds_per_frame"] for run in runs)
        rss = max(run["peak_rss_mib"] for run in runs)
        spread = f"{statistics.median(fps):.2f} ({min(fps):.2f}..{max(fps):.2f})"
        print(f"| {size} | {kind} | {name} | {spread} | {cpu:.3f} | {rss:.0f} |")
    if arguments.json:
        table = [{"size": s, "kind": kind, "code": name, "runs": runs} for (s, kind, name), runs in rows.items()]
        arguments.json.write_text(json.dumps({"machine": machine, "model": arguments.model, "rows": table}, indent=2))


if __name__ == "__main__":
    main()
