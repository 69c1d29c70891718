"""A report as tables to read: Markdown."""

import math
from collections.abc import Sequence
from statistics import median

from kinemacolor.evaluation.figures import FIGURES
from kinemacolor.evaluation.published import published_under
from kinemacolor.evaluation.report import Report
from kinemacolor.evaluation.score import END_FRAMES, Means

_CURVE = ("psnr", "psnr_wrapping")


def markdown(report: Report) -> str:
    """The whole report: means over clips, the main figure clip by clip, cost, problems, and how it was made."""
    parts = [
        f"# Evaluation, protocol `{report.protocol.name}`",
        " ".join((report.protocol.summary, *report.protocol.notes)),
        _means(report),
        *[_by_clip(report, name) for name in _CURVE if name in report.protocol.figures],
        _published(report),
        _cost(report),
        _problems(report),
        _made(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def number(value: float, digits: int) -> str:
    """A figure with its digits; a dash for NaN."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def heading(name: str) -> str:
    """A figure's title with an arrow that says which way is better."""
    figure = FIGURES[name]
    return figure.title + {"higher": " ↑", "lower": " ↓", "neither": ""}[figure.better]


def _means(report: Report) -> str:
    names = report.protocol.figures
    rows = [
        [row, str(len(report.of(row))), *(number(report.mean(row, n).whole, FIGURES[n].digits) for n in names)]
        for row in report.rows
    ]
    meanings = "; ".join(f"{FIGURES[name].title}: {FIGURES[name].meaning}" for name in names)
    return f"Mean over clips.\n\n{grid(['', 'clips', *map(heading, names)], rows)}\n\n{meanings}."


def _by_clip(report: Report, name: str) -> str:
    clips = [str(clip["name"]) for clip in report.clips]
    digits = FIGURES[name].digits

    def cell(means: Means | None) -> str:
        return "-" if means is None else " / ".join(number(v, digits) for v in (means.whole, means.first, means.last))

    rows = []
    for row in report.rows:
        found = {score.clip: score.figures.get(name) for score in report.of(row)}
        if any(found.values()):
            rows.append([row, *(cell(found.get(clip)) for clip in clips), cell(report.mean(row, name))])
    title = f"{FIGURES[name].title} by clip: all frames / first {END_FRAMES} / last {END_FRAMES}."
    return f"{title}\n\n{grid(['', *clips, 'mean'], rows)}"


def _published(report: Report) -> str:
    names, rows = report.protocol.figures, []
    for line in published_under(report.protocol.name):
        cells = [number(line.figures.get(name, math.nan), FIGURES[name].digits) for name in names]
        rows.append([line.method, line.data, *cells, line.source])
    if not rows:
        return ""
    said = "Published by the papers for their data and by their own programs; not measured here."
    return f"{said}\n\n{grid(['', 'data', *map(heading, names), 'source'], rows)}"


def _cost(report: Report) -> str:
    rows = []
    for row in report.rows:
        timed = [s for s in report.of(row) if s.seconds_per_frame is not None]
        if timed:
            seconds = sorted(s.seconds_per_frame or 0.0 for s in timed)
            spread = f"{seconds[0]:.3f}-{seconds[-1]:.3f}"
            peak = max((s.peak_bytes or 0) for s in timed) / 1e9
            rows.append([row, f"{median(seconds):.3f}", spread, f"{peak:.2f}"])
    if not rows:
        return ""
    return "Cost, measured on the way (not an idle machine's speed).\n\n" + grid(
        ["", "s/frame, median over clips", "range", "peak memory, GB"], rows
    )


def _problems(report: Report) -> str:
    if not report.problems:
        return ""
    return "**Problems; the rest was scored.**\n\n" + "\n".join(f"- {problem}" for problem in report.problems)


def _made(report: Report) -> str:
    facts = {**report.settings, **report.provenance}
    return "How it was made: " + "; ".join(f"{key} {_inline(value)}" for key, value in facts.items()) + "."


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {item}" for key, item in value.items()) + ")"
    return str(value)
