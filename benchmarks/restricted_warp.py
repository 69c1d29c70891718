"""Does tracking help? PSNR of restricted against unrestricted warping, with features that were not trained for it.

    python benchmarks/restricted_warp.py FOLDER --frames 60 --output results/restricted-warp

FOLDER holds color clips of one shot each. As in arXiv:2011.12528 frames are 384x216 and one frame, here the first,
is the only reference; unlike there, features are EfficientNet-Lite0's of ImageNet and nothing refines the warped
colors, so that the rows differ in the mask alone. PSNR is of 8-bit RGB in float64 with the true L* kept, the mean
over frames 1..N and then over clips.

Writes OUTPUT.md (tables of PSNR, and of CPU-seconds a frame, peak memory of the process, and positions left without
any candidate) and OUTPUT.json (every clip's figures, machine). Each run is a process of its own.
"""

import argparse
import json
import multiprocessing
import resource
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from kinemacolor import color
from kinemacolor.evaluation.clips import Pictures, find_clips
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.metrics.psnr import psnr
from kinemacolor.models.base import Reference
from kinemacolor.models.spatiotemporal import SpatiotemporalColorizer, SpatiotemporalSettings, TrackingPolicy
from kinemacolor.models.spatiotemporal.features import EfficientNetFeatures

_SIZE = (216, 384)
_PAPER = SpatiotemporalSettings(tracking=TrackingPolicy())
ROWS = {
    "unrestricted": replace(_PAPER, dense=False),
    "dense tracking, as the paper": _PAPER,
    "widened by 2 cells": replace(_PAPER, tracking=TrackingPolicy(margin_cells=2)),
    "widened by 4 cells": replace(_PAPER, tracking=TrackingPolicy(margin_cells=4)),
    "widened by 8 cells": replace(_PAPER, tracking=TrackingPolicy(margin_cells=8)),
}
"""The masks that are compared; a cell is 4 px of 384x216."""


@dataclass(frozen=True)
class Score:
    """One clip under one mask."""

    psnr_db: float
    seconds_a_frame: float
    unrestricted_share: float
    peak_mib: float


def run(path: Path, settings: SpatiotemporalSettings, frames: int) -> Score:
    """The clip colored from its first frame."""
    torch.set_num_threads(1)
    pictures = [picture.rgb for picture in Pictures(path, size=_SIZE, stop=frames)]
    lumas, chromas = zip(*(color.split(picture) for picture in pictures))
    model = SpatiotemporalColorizer(EfficientNetFeatures(), settings=settings)
    state = model.start([Reference(lumas[0], chromas[0], 0)])
    began = time.process_time()
    answers = list(model.run(lumas, state))
    seconds = time.process_time() - began
    figures = [psnr(color.combine(luma, answer), truth) for luma, answer, truth in zip(lumas, answers, pictures)]
    return Score(
        float(np.mean(figures[1:])),
        seconds / len(pictures),
        state.unrestricted_positions / state.positions,
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )


def markdown(table: dict[str, dict[str, Score]]) -> str:
    """PSNR by clip, and what each mask costs."""
    clips = list(next(iter(table.values())))
    lines = [f"| PSNR, dB | {' | '.join(clips)} | mean |", "|---" * (len(clips) + 2) + "|"]
    for name, scores in table.items():
        figures = [scores[clip].psnr_db for clip in clips]
        lines.append(f"| {name} | " + " | ".join(f"{v:.2f}" for v in [*figures, float(np.mean(figures))]) + " |")
    lines += [
        "",
        "| | CPU-s a frame, mean (worst clip) | peak RSS, MiB | positions without a candidate |",
        "|---|--:|--:|--:|",
    ]
    for name, scores in table.items():
        seconds = [score.seconds_a_frame for score in scores.values()]
        peak = max(score.peak_mib for score in scores.values())
        empty = float(np.mean([score.unrestricted_share for score in scores.values()]))
        lines.append(f"| {name} | {np.mean(seconds):.2f} ({max(seconds):.2f}) | {peak:.0f} | {100 * empty:.2f} % |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=60, help="at most so many frames a clip")
    parser.add_argument("--clip", action="append", help="only clips of this name, repeatable")
    parser.add_argument("--output", type=Path, default=Path("restricted-warp"), help="path without suffix")
    arguments = parser.parse_args()
    clips = [clip for clip in find_clips(arguments.folder) if not arguments.clip or clip.name in arguments.clip]
    if not clips:
        parser.error(f"{arguments.folder} holds no clip of a name asked for.")
    table: dict[str, dict[str, Score]] = {name: {} for name in ROWS}
    for clip in clips:
        for name, settings in ROWS.items():
            # a process each, so that its peak memory is this run's
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                table[name][clip.name] = pool.apply(run, (clip.path, settings, arguments.frames))
            print(f"{clip.name:16} {name:30} {table[name][clip.name]}", flush=True)
    text = f"{arguments.frames} frames a clip at most, 384x216, one thread; {provenance()}\n\n{markdown(table)}\n"
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".md").write_text(text)
    scores = {name: {clip: asdict(score) for clip, score in row.items()} for name, row in table.items()}
    arguments.output.with_suffix(".json").write_text(
        json.dumps({"provenance": provenance(), "scores": scores}, indent=1)
    )
    print("\n" + text)


if __name__ == "__main__":
    main()
