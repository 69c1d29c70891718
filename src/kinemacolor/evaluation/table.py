"""A report as tables to read: Markdown, and LaTeX for a paper."""

import math
from collections.abc import Sequence
from statistics import median

from kinemacolor.evaluation.figures import FIGURES
from kinemacolor.evaluation.published import published_under
from kinemacolor.evaluation.report import Report
from kinemacolor.evaluation.score import END_FRAMES, Means

MAIN_FIGURES = ("psnr", "psnr_wrapping")
"""Figures that are shown clip by clip too."""

_ARROWS = {"higher": " ↑", "lower": " ↓", "neither": ""}
_TEX_ARROWS = {"higher": r" $\uparrow$", "lower": r" $\downarrow$", "neither": ""}
_TEX_SPECIAL = {"\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$"}


def markdown(report: Report) -> str:
    """The whole report: means over clips, the main figure clip by clip, cost, problems, and how it was made."""
    parts = [
        f"# Evaluation, protocol `{report.protocol.name}`",
        " ".join((report.protocol.summary, *report.protocol.notes)),
        _problems(report),
        _means(report),
        *[_by_clip(report, name) for name in MAIN_FIGURES if name in report.protocol.figures],
        _published(report),
        _cost(report),
        "How it was made. " + " ".join(f"{name}: {text}." for name, text in facts(report)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def latex(report: Report) -> str:
    """The means over clips as a ``tabular`` for the booktabs package, the best row of each figure in bold."""
    names = report.protocol.figures
    best = {name: best_rows(report, name) for name in names}
    head = " & ".join(["", *(_tex(FIGURES[n].title) + _TEX_ARROWS[FIGURES[n].better] for n in names)])
    lines = [
        f"% protocol {report.protocol.name}, {len(report.clips)} clips",
        rf"\begin{{tabular}}{{l{'r' * len(names)}}}",
        r"\toprule",
        rf"{head} \\",
        r"\midrule",
    ]
    for row in report.rows:
        cells = [number(report.mean(row, name).whole, FIGURES[name].digits) for name in names]
        bold = [rf"\textbf{{{cell}}}" if row in best[name] else cell for name, cell in zip(names, cells)]
        lines.append(rf"{' & '.join([_tex(row), *bold])} \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _tex(text: str) -> str:
    return "".join(_TEX_SPECIAL.get(character, character) for character in text)


def number(value: float, digits: int) -> str:
    """A figure with its digits; a dash for NaN."""
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def heading(name: str) -> str:
    """A figure's title with an arrow that says which way is better."""
    return FIGURES[name].title + _ARROWS[FIGURES[name].better]


def best_rows(report: Report, name: str) -> set[str]:
    """The rows with the best mean as printed, the truth and the gray row aside; none where neither way is better.

    Without color nothing flickers, so gray would be the best of every figure of change.
    """
    figure = FIGURES[name]
    values = {row: report.mean(row, name).whole for row in report.rows if row not in ("truth", "gray")}
    values = {row: round(value, figure.digits) for row, value in values.items() if not math.isnan(value)}
    if figure.better == "neither" or not values:
        return set()
    best = max(values.values()) if figure.better == "higher" else min(values.values())
    return {row for row, value in values.items() if value == best}


def clip_rows(report: Report, name: str) -> tuple[list[str], list[list[str]]]:
    """Head and rows of a table by clip; a cell is the mean over all frames / the first 20 / the last 20."""
    clips = [str(clip["name"]) for clip in report.clips]
    digits = FIGURES[name].digits

    def cell(means: Means | None) -> str:
        return "-" if means is None else " / ".join(number(v, digits) for v in (means.whole, means.first, means.last))

    rows = []
    for row in report.rows:
        found = {score.clip: score.figures.get(name) for score in report.of(row)}
        if any(found.values()):
            rows.append([row, *(cell(found.get(clip)) for clip in clips), cell(report.mean(row, name))])
    return [*clips, "mean"], rows


def facts(report: Report) -> list[tuple[str, str]]:
    """Settings and provenance as names and texts."""
    return [(name, _inline(value)) for name, value in {**report.settings, **report.provenance}.items()]


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _means(report: Report) -> str:
    names = report.protocol.figures
    rows = [
        [row, str(len(report.of(row))), *(number(report.mean(row, n).whole, FIGURES[n].digits) for n in names)]
        for row in report.rows
    ]
    meanings = "; ".join(f"{FIGURES[name].title}: {FIGURES[name].meaning}" for name in names)
    return f"Mean over clips.\n\n{_grid(['', 'clips', *map(heading, names)], rows)}\n\n{meanings}."


def _by_clip(report: Report, name: str) -> str:
    head, rows = clip_rows(report, name)
    title = f"{FIGURES[name].title} by clip: all frames / first {END_FRAMES} / last {END_FRAMES}."
    return f"{title}\n\n{_grid(['', *head], rows)}"


def _published(report: Report) -> str:
    names, rows = report.protocol.figures, []
    for line in published_under(report.protocol.name):
        cells = [number(line.figures.get(name, math.nan), FIGURES[name].digits) for name in names]
        rows.append([line.method, line.data, *cells, line.source])
    if not rows:
        return ""
    said = "Published by the papers for their data and by their own programs; not measured here."
    return f"{said}\n\n{_grid(['', 'data', *map(heading, names), 'source'], rows)}"


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
    return "Cost, measured on the way: other work on the machine counts in.\n\n" + _grid(
        ["", "s/frame, median over clips", "range", "peak memory, GB"], rows
    )


def _problems(report: Report) -> str:
    if not report.problems:
        return ""
    return "**Problems; the rest was scored.**\n\n" + "\n".join(f"- {problem}" for problem in report.problems)


def _inline(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return str(value)
