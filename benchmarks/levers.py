"""Four levers that need no training of the network, each beside the default colormnet-lite, in all columns.

    python benchmarks/levers.py --set NAME CLIPS... [--leaving LIST FOLDERS...] [--frames 80] [--rows default C A]

A, memory: the frames 8 and 24 before, as they were colored, are matched as the exemplar is. B, adapted: the color
prior's head and gate learn from the exemplar's hidden parts, 80 steps, and stand beside the unadapted, each by its
variance. C, back: one sweep back over the finished shot, with the flow from the next frame and the fourth. D,
palette: a quarter of the color prior's say goes to its mixture times twelve clusters of the exemplar's colors. "all"
is the four together.

The model colors a clip once and what it finds for each frame is kept; then the fusion is replayed with each lever.
Without one the replay has to give the model's own colors, else the benchmark ends with exit status 1. Each clip's
first frame is the only exemplar. Figures are those of `kinemacolor evaluate --protocol reach`, means over clips, of
pictures with the true L*; CPU seconds are of a frame, those of a lever on top of the default's. The row "truth" is
there for its warp error, which is what light brings.
"""

import argparse
import statistics
import time
from collections.abc import Iterator, Sequence
from itertools import islice

import torch
from torch import Tensor

from color_prior import sets_of
from kinemacolor import color
from kinemacolor.evaluation.by_reach import SHORT_SIDE_PX
from kinemacolor.evaluation.measures import measures_for
from kinemacolor.evaluation.networks import Networks
from kinemacolor.evaluation.pair import Pair
from kinemacolor.evaluation.protocols import PROTOCOLS
from kinemacolor.evaluation.score import Span
from kinemacolor.frames import Chroma
from kinemacolor.models import color_prior, colormnet_lite
from kinemacolor.models.matching import fast_dtype
from lever_replay import Levers, Recorder, Replay, Shot
from val_leaving import labs_of

LARGEST_DIFFERENCE = 1e-4
COLUMNS = {
    "psnr": 3, "first": 3, "last": 3, "rms_tracked": 2, "rms_alike": 2, "rms_out": 2, "ciede2000": 3, "warp_error": 3,
    "left_gray": 2, "seconds": 3,
}  # fmt: skip
ROWS = {
    "default": Levers(),
    "C": Levers(back=True),
    "A": Levers(memory=True),
    "D": Levers(palette=True),
    "B": Levers(adapted=True),
    "all": Levers(memory=True, adapted=True, back=True, palette=True),
}


def scored(labs: Sequence[Tensor], chromas: Sequence[Chroma]) -> dict[str, float]:
    """The columns of a clip, but for the time."""
    measures = measures_for(PROTOCOLS["reach"].figures, Networks())
    spans = {name: Span() for name in ("psnr", "ciede2000", "warp_error")}
    for number, (lab, chroma) in enumerate(zip(labs, chromas)):
        pictures = color.combine(lab[:1], chroma), color.combine(lab[:1], lab[1:])
        pair = Pair(*pictures, is_exemplar=number == 0)
        for name, value in ((n, v) for measure in measures for n, v in measure.update(pair).items()):
            if number > 0 and name in spans:
                spans[name].add(value)
    found = {name: span.whole.value for name, span in spans.items()}
    found |= {"first": spans["psnr"].first.value, "last": spans["psnr"].last.value}
    return found | {name: value for measure in measures for name, value in measure.compute().items()}


def measured(model: Recorder, labs: Sequence[Tensor], rows: Sequence[str]) -> Iterator[tuple[str, dict[str, float]]]:
    """Each row's columns of a clip. Raises ``SystemExit`` where the replay without a lever is not the model."""
    shot = Shot.colored(model, labs)
    Replay(shot, Levers()).chromas()  # the first time takes longer
    plain = 0.0
    for row in dict.fromkeys(["default", *rows]):
        began = time.process_time()
        chromas = Replay(shot, ROWS[row]).chromas()
        took = time.process_time() - began
        if row == "default":
            off = shot.difference(chromas)
            print(f"Replay less model, greatest difference in a*b*: {off:.1e}.", flush=True)
            if not off <= LARGEST_DIFFERENCE:
                raise SystemExit(f"The replay is not the model: colors differ by {off:.3g} of a*b*.")
            plain, took = took, took + shot.seconds
        yield row, scored(labs, chromas) | {"seconds": (took - plain) / len(labs)}
    yield "truth", scored(labs, [lab[1:] for lab in labs]) | {"seconds": 0.0}


def line(cells: Sequence[str], figures: dict[str, float]) -> str:
    """A row of the table."""
    return f"| {' | '.join([*cells, *(f'{figures[name]:.{digits}f}' for name, digits in COLUMNS.items())])} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", nargs="+", action="append", help="a name, then films or folders of them")
    parser.add_argument("--leaving", nargs="+", help="a list of names, then the folders where these clips lie")
    parser.add_argument("--frames", type=int, default=80, help="the most that are taken of a clip")
    parser.add_argument("--short-side", type=int, default=SHORT_SIDE_PX, help="px")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    given = parser.parse_args()
    torch.set_num_threads(1)
    prior, dtype = color_prior.load_network(), fast_dtype(torch.device("cpu"))
    model = Recorder(colormnet_lite.load_network(), color_prior=prior, dtype=dtype)
    for title, clips in sets_of(given).items():
        found: dict[str, list[dict[str, float]]] = {}
        for clip in clips:
            labs = list(islice(labs_of(clip, given.short_side), given.frames))
            for row, figures in measured(model, labs, given.rows):
                print(line([title, clip.stem, row], figures), flush=True)
                found.setdefault(row, []).append(figures)
        print(f"\n| set | clips | row | {' | '.join(COLUMNS)} |\n|---|--:|---|{'--:|' * len(COLUMNS)}")
        for row, clips_of_row in found.items():
            columns = {name: [each[name] for each in clips_of_row] for name in COLUMNS}
            means = {name: statistics.fmean(v for v in values if v == v) for name, values in columns.items()}
            print(line([title, str(len(clips_of_row)), row], means), flush=True)


if __name__ == "__main__":
    main()
