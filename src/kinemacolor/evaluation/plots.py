"""Plots of a report as SVG: a figure over frames, clips side by side, time and memory. Needs matplotlib."""

import io
import math
from collections.abc import Mapping, Sequence
from statistics import median

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from kinemacolor.evaluation.curves import Curve, mean_curve
from kinemacolor.evaluation.figures import FIGURES
from kinemacolor.evaluation.report import Report
from kinemacolor.models.base import DOUBTFUL

# Okabe and Ito's palette, told apart by color-blind eyes too; baselines are gray
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_BASELINES = {"truth": "#000000", "gray": "#999999", "copied chroma": "#bbbbbb", "optical flow": "#777777"}
_COLUMNS = 3


def styles(rows: Sequence[str]) -> dict[str, dict[str, object]]:
    """Color and line of each row."""
    others = [row for row in rows if row not in _BASELINES]
    found: dict[str, dict[str, object]] = {
        row: {"color": _COLORS[i % len(_COLORS)], "linestyle": "-", "linewidth": 1.6} for i, row in enumerate(others)
    }
    found |= {row: {"color": color, "linestyle": "--", "linewidth": 1.0} for row, color in _BASELINES.items()}
    return found


def svg_of(canvas: Canvas) -> str:
    """The plot as an SVG element, its text as text."""
    target = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "kinemacolor"}):
        canvas.savefig(target, format="svg", bbox_inches="tight", metadata={"Date": None})
    text = target.getvalue()
    return text[text.index("<svg") :]


def over_frames(report: Report, curves: Mapping[str, dict[str, Curve]], figure: str) -> Canvas:
    """The figure against the frame number: the mean over clips first, then each clip."""
    clips = [str(clip["name"]) for clip in report.clips]
    panels = ["mean over clips", *clips] if len(clips) > 1 else clips
    lines = -(-len(panels) // _COLUMNS)
    canvas = Canvas(figsize=(4.2 * min(_COLUMNS, len(panels)), 2.6 * lines), layout="constrained")
    style = styles(report.rows)
    for number, panel in enumerate(panels, 1):
        axes = canvas.add_subplot(lines, min(_COLUMNS, len(panels)), number)
        for row, by_clip in curves.items():
            curve = mean_curve(by_clip) if panel == "mean over clips" else by_clip.get(panel, [])
            axes.plot([x for x, _ in curve], [y for _, y in curve], label=row, **style[row])  # type: ignore[arg-type]
        axes.set_title(panel, fontsize=9)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        _quiet(axes)
        if number == 1:
            canvas.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=7, fontsize=8)
    canvas.supxlabel("frame", fontsize=9)
    canvas.supylabel(f"{FIGURES[figure].title}", fontsize=9)
    return canvas


def by_clip(report: Report, figure: str) -> Canvas:
    """A group of bars for each clip."""
    clips = [str(clip["name"]) for clip in report.clips]
    rows = [row for row in report.rows if any(figure in score.figures for score in report.of(row))]
    canvas = Canvas(figsize=(max(6.0, 1.3 * len(clips)), 3.2), layout="constrained")
    axes = canvas.add_subplot()
    style, width = styles(report.rows), 0.85 / max(1, len(rows))
    for number, row in enumerate(rows):
        values = {score.clip: score.figures[figure].whole for score in report.of(row) if figure in score.figures}
        places = [i + (number - (len(rows) - 1) / 2) * width for i, clip in enumerate(clips) if clip in values]
        heights = [values[clip] for clip in clips if clip in values]
        axes.bar(places, heights, width, label=row, color=str(style[row]["color"]))
    axes.set_xticks(range(len(clips)), clips, rotation=30, ha="right", fontsize=8)
    axes.set_ylabel(FIGURES[figure].title, fontsize=9)
    found = [score.figures[figure].whole for score in report.scores if figure in score.figures]
    if found:
        axes.set_ylim(bottom=max(0.0, min(found) - 5))
    _quiet(axes)
    if rows:
        axes.legend(fontsize=7, ncols=len(rows), loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    return canvas


def cost(report: Report) -> Canvas | None:
    """Each model's time a frame and most memory; None where no model was measured."""
    timed = {row: [s for s in report.of(row) if s.seconds_per_frame is not None] for row in report.rows}
    timed = {row: scores for row, scores in timed.items() if scores}
    if not timed:
        return None
    canvas = Canvas(figsize=(8, 0.6 + 0.45 * len(timed)), layout="constrained")
    style, rows = styles(report.rows), list(timed)
    colors = [str(style[row]["color"]) for row in rows]
    times, memory = canvas.subplots(1, 2, sharey=True)
    spans = {row: sorted(s.seconds_per_frame or 0.0 for s in timed[row]) for row in rows}
    middles = [median(spans[row]) for row in rows]
    reach = [[m - spans[r][0] for m, r in zip(middles, rows)], [spans[r][-1] - m for m, r in zip(middles, rows)]]
    times.barh(rows, middles, xerr=reach, color=colors)
    times.set_xlabel("s a frame, median and range over clips", fontsize=8)
    memory.barh(rows, [max(s.peak_bytes or 0 for s in timed[row]) / 1e9 for row in rows], color=colors)
    memory.set_xlabel("peak memory, GB", fontsize=8)
    times.invert_yaxis()
    for axes in (times, memory):
        _quiet(axes)
    return canvas


def calibration(report: Report) -> Canvas:
    """Each model's mean error by its confidence; the dashed line is what the confidence promises."""
    canvas = Canvas(figsize=(8, 3.2), layout="constrained")
    errors, shares = canvas.subplots(1, 2)
    style = styles(report.rows)
    for row, points in report.calibration.items():
        confidences = [point.confidence for point in points]
        errors.plot(confidences, [point.error for point in points], marker="o", markersize=3, label=row, **style[row])
        shares.plot(confidences, [100 * point.share for point in points], marker="o", markersize=3, **style[row])
    promised = [x / 50 for x in range(5, 51)]
    errors.plot(promised, [-DOUBTFUL * math.log(x) for x in promised], "k--", linewidth=0.8, label="promised")
    errors.set_ylabel("mean error in a*b*", fontsize=9)
    shares.set_ylabel("% of pixels", fontsize=9)
    for axes in (errors, shares):
        axes.set_xlabel("confidence", fontsize=9)
        axes.set_xlim(0, 1)
        axes.set_ylim(bottom=0)
        _quiet(axes)
    errors.legend(fontsize=8, frameon=False)
    return canvas


def _quiet(axes: Axes) -> None:
    axes.grid(alpha=0.25, linewidth=0.5)
    axes.tick_params(labelsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
