"""A figure as the film goes on, read back from the CSV of every frame."""

import csv
from collections import defaultdict
from pathlib import Path
from statistics import fmean

Curve = list[tuple[int, float]]
"""Frame numbers and values."""

MOST_POINTS = 400
"""A longer curve is thinned by means over equal stretches."""


def curves(path: Path, figure: str) -> dict[str, dict[str, Curve]]:
    """The figure's curve by row and clip; rows and clips that do not have it are left out."""
    found: dict[str, dict[str, Curve]] = defaultdict(lambda: defaultdict(list))
    with path.open(newline="", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            if text := line.get(figure):
                found[line["row"]][line["clip"]].append((int(line["frame"]), float(text)))
    return {row: {clip: thinned(curve) for clip, curve in clips.items()} for row, clips in found.items()}


def thinned(curve: Curve) -> Curve:
    """The curve in at most ``MOST_POINTS`` points."""
    step = -(-len(curve) // MOST_POINTS)
    if step == 1:
        return curve
    parts = [curve[i : i + step] for i in range(0, len(curve), step)]
    return [(part[0][0], fmean(value for _, value in part)) for part in parts]


def mean_curve(clips: dict[str, Curve]) -> Curve:
    """The mean over clips at each frame that all of them have."""
    by_frame = [dict(curve) for curve in clips.values()]
    shared = sorted(set.intersection(*(set(values) for values in by_frame))) if by_frame else []
    return [(frame, fmean(values[frame] for values in by_frame)) for frame in shared]
