"""How much memory scoring takes as films grow: it must not grow with them.

    python benchmarks/scoring_memory.py CLIP --frames 5000 --output results/scoring-memory

CLIP is a color clip of 480p or so. It is played to and fro to two films of so many frames, one well and one badly
encoded, and the second is scored against the first under the ``standard`` protocol (``--figures psnr,cdc`` and the
like: only by some of its figures). Prints the peak memory of each tenth of the run and writes OUTPUT.json, with the
machine and the commit.
"""

import argparse
import json
import tempfile
import threading
import time
from fractions import Fraction
from itertools import chain, cycle, islice
from pathlib import Path

import av
import psutil
import torch

from kinemacolor.evaluation.clips import find_clips
from kinemacolor.evaluation.exemplars import parse_exemplars
from kinemacolor.evaluation.protocols import PROTOCOLS
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.evaluation.rows import ResultsRow
from kinemacolor.evaluation.run import RunSettings, evaluate


def write_film(path: Path, clip: Path, frames: int, crf: int) -> None:
    """The clip to and fro, ``frames`` long; encoded frame by frame, only the clip itself is held."""
    with av.open(str(clip)) as source:
        once = [frame.to_ndarray(format="yuv420p") for frame in source.decode(video=0)]
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=Fraction(24), options={"preset": "ultrafast", "crf": str(crf)})
        stream.height, stream.width, stream.pix_fmt = once[0].shape[0] * 2 // 3, once[0].shape[1], "yuv420p"
        for planes in islice(cycle(chain(once, reversed(once[1:-1]))), frames):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        film.mux(stream.encode(None))


class Watch:
    """The process's memory by seconds, looked at ten times a second."""

    def __init__(self) -> None:
        self.curve: list[tuple[float, int]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._began = time.monotonic()
        self._thread.start()

    def _look(self) -> None:
        process = psutil.Process()
        while not self._stop.wait(0.1):
            self.curve.append((time.monotonic() - self._began, process.memory_info().rss))

    def stop(self) -> None:
        """Looks no more."""
        self._stop.set()
        self._thread.join()


def tenths(curve: list[tuple[float, int]]) -> list[float]:
    """The peak in each tenth of the run, in MB."""
    step = max(1, len(curve) // 10)
    return [round(max(rss for _, rss in curve[i : i + step]) / 1e6) for i in range(0, step * 10, step)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--frames", type=int, default=5000)
    parser.add_argument("--output", type=Path, default=Path("scoring-memory"), help="path without suffix")
    parser.add_argument("--figures", help="only these: psnr,cdc,...")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, crf in (("truth", 18), ("result", 34)):
            (folder / kind).mkdir()
            write_film(folder / kind / "film.mp4", arguments.clip, arguments.frames, crf)
        watch = Watch()
        began = time.monotonic()
        report = evaluate(
            find_clips(folder / "truth"),
            [ResultsRow("result", folder / "result")],
            PROTOCOLS["standard"].only(arguments.figures.split(",") if arguments.figures else None),
            folder / "report",
            settings=RunSettings(parse_exemplars("none")),
            say=print,
        )
        watch.stop()
    record = {
        "frames": arguments.frames,
        "scored": report.scores[0].frames,
        "figures": sorted(report.scores[0].figures),
        "seconds": round(time.monotonic() - began, 1),
        "peak_mb": round(max(rss for _, rss in watch.curve) / 1e6),
        "peak_mb_by_tenth_of_the_run": tenths(watch.curve),
        "psnr_db": report.mean("result", "psnr").whole,
        "provenance": provenance(),
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
