"""A report as one HTML file that needs nothing else: tables, plots, pictures. Needs the ``eval`` extra."""

import base64
import math
from pathlib import Path

from kinemacolor.errors import SettingError
from kinemacolor.evaluation.curves import curves
from kinemacolor.evaluation.figures import FIGURES
from kinemacolor.evaluation.pages import template
from kinemacolor.evaluation.published import published_under
from kinemacolor.evaluation.report import Report
from kinemacolor.evaluation.score import END_FRAMES
from kinemacolor.evaluation.table import MAIN_FIGURES, best_rows, clip_rows, facts, heading, number

_BASELINES = frozenset({"truth", "gray", "copied chroma", "optical flow"})


def html_of(report: Report, folder: Path) -> str:
    """The page on a report, with what ``frames.csv`` and ``strips/`` in the folder hold.

    Raises ``SettingError`` where matplotlib is not installed.
    """
    page = template("report.html.j2")
    figures = [
        {"title": FIGURES[name].title, "meaning": FIGURES[name].meaning, "heading": heading(name)}
        for name in report.protocol.figures
    ]
    return page.render(
        protocol=report.protocol,
        problems=report.problems,
        clips=report.clips,
        figures=figures,
        means=_means(report),
        published=_published(report),
        plots=_plots(report, folder),
        by_clip=_by_clip(report),
        end_frames=END_FRAMES,
        strips=_strips(report, folder),
        made=facts(report),
    )


def _means(report: Report) -> list[dict[str, object]]:
    best = {name: best_rows(report, name) for name in report.protocol.figures}
    rows = []
    for row in report.rows:
        cells = [
            {"text": number(report.mean(row, name).whole, FIGURES[name].digits), "best": row in best[name]}
            for name in report.protocol.figures
        ]
        rows.append({"name": row, "clips": len(report.of(row)), "cells": cells, "baseline": row in _BASELINES})
    return rows


def _published(report: Report) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = []
    for line in published_under(report.protocol.name):
        values = [(line.figures.get(name, math.nan), FIGURES[name].digits) for name in report.protocol.figures]
        cells = [number(value, digits) for value, digits in values]
        lines.append({"method": line.method, "data": line.data, "source": line.source, "cells": cells})
    return lines


def _by_clip(report: Report) -> list[dict[str, object]]:
    tables: list[dict[str, object]] = []
    for name in MAIN_FIGURES:
        if name in report.protocol.figures:
            head, rows = clip_rows(report, name)
            tables.append({"title": FIGURES[name].title, "head": head, "rows": rows})
    return tables


def _plots(report: Report, folder: Path) -> list[dict[str, str]]:
    try:
        from kinemacolor.evaluation import plots
    except ImportError as error:
        raise SettingError(
            f"No HTML page can be written: {error.name} is missing. pip install 'kinemacolor[eval]'."
        ) from error
    made = []
    for name in MAIN_FIGURES:
        if name in report.protocol.figures and report.scores:
            title = FIGURES[name].title
            found = curves(folder / "frames.csv", name)
            svg = plots.svg_of(plots.over_frames(report, found, name))
            caption = "The mean is over the frames that all clips have."
            made.append({"title": f"{title} over frames", "svg": svg, "caption": caption})
            bars = plots.svg_of(plots.by_clip(report, name))
            made.append({"title": f"{title} by clip", "svg": bars, "caption": "The axis does not begin at 0."})
    if report.calibration:
        caption = "Of all pixels that a model is about as sure of. A good confidence lies on the dashed line."
        svg = plots.svg_of(plots.calibration(report))
        made.append({"title": "Confidence against error", "svg": svg, "caption": caption})
    if (canvas := plots.cost(report)) is not None:
        caption = "Measured on the way, decoding and scoring left out; other work on the machine counts in."
        made.append({"title": "Time and memory", "svg": plots.svg_of(canvas), "caption": caption})
    return made


def _strips(report: Report, folder: Path) -> list[dict[str, str]]:
    found = []
    for clip in report.clips:
        path = folder / "strips" / f"{clip['name']}.jpg"
        if path.is_file():
            data = base64.b64encode(path.read_bytes()).decode()
            found.append({"clip": str(clip["name"]), "source": f"data:image/jpeg;base64,{data}"})
    return found
