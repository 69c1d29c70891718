"""The report as one HTML file that needs nothing else, and as JSON beside it."""

import base64
import json
from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape

from kinemacolor.engine.report.facts import Facts
from kinemacolor.engine.sinks.gallery import Picture
from kinemacolor.errors import OutputError, reason_of
from kinemacolor.io.destination import write_file

_WIDTH, _HEIGHT = 1000, 90
_POINTS = 500


def write_report(path: Path, facts: Facts, pictures: Mapping[int, Picture]) -> None:
    """Writes the page to ``path`` and the facts to a ``.json`` of the same name.

    Raises ``OutputError`` where they cannot be written.
    """
    content = facts.as_dict()
    page = _page(content, pictures)
    try:
        write_file(path, page.encode(errors="replace"))
        write_file(
            facts_place(path), json.dumps(content, ensure_ascii=False, indent=1).encode(errors="backslashreplace")
        )
    except OSError as error:
        raise OutputError(
            f"The report {path} cannot be written ({reason_of(error)}). Choose another place."
        ) from error


def facts_place(page: Path) -> Path:
    """The file that a report's facts go to."""
    return page.with_suffix(".json")


def _page(content: dict[str, Any], pictures: Mapping[int, Picture]) -> str:
    environment = Environment(
        loader=PackageLoader("kinemacolor.engine.report"),
        autoescape=select_autoescape(["html", "j2"]),
        trim_blocks=True,
    )
    shots = content["shots"]
    images = {
        number: f"data:image/jpeg;base64,{base64.b64encode(picture.jpeg).decode()}"
        for number, picture in pictures.items()
    }
    return environment.get_template("film.html.j2").render(
        content=content,
        name=Path(str(content["film"])).name,
        bars=_bars(shots),
        curve=_curve(shots),
        rows=_rows(content),
        images=images,
        frames_shown={number: picture.frame for number, picture in pictures.items()},
        width=_WIDTH,
        height=_HEIGHT,
    )


def _places(shots: list[dict[str, Any]]) -> list[tuple[float, float]]:
    """Left edge and width of each shot on the timeline."""
    lengths = [shot["stop"] - shot["start"] for shot in shots]
    total = max(1, sum(lengths))
    lefts = [0, *accumulate(lengths)]
    return [(left / total * _WIDTH, length / total * _WIDTH) for left, length in zip(lefts, lengths)]


def _bars(shots: list[dict[str, Any]]) -> list[dict[str, object]]:
    return [
        {"x": round(x, 2), "width": round(width, 2), "shot": shot, "color": _color(shot["confidence"])}
        for (x, width), shot in zip(_places(shots), shots)
    ]


def _color(confidence: float | None) -> str:
    """From red (0) over yellow to green (1); gray where it is not known."""
    return "#bbb" if confidence is None else f"hsl({round(120 * confidence)} 60% 55%)"


def _curve(shots: list[dict[str, Any]]) -> str:
    """The confidence over the frames as the points of a line; at most 500, each the least of its frames."""
    values = [value for shot in shots for value in shot["confidence_by_frame"]]
    step = -(-len(values) // _POINTS) if values else 1
    least = [min(values[i : i + step]) for i in range(0, len(values), step)]
    return " ".join(
        f"{i / max(1, len(least) - 1) * _WIDTH:.1f},{_HEIGHT * (1 - value):.1f}" for i, value in enumerate(least)
    )


def _rows(content: dict[str, Any]) -> list[dict[str, object]]:
    """The exemplars with the stretches of the timeline that they color, and their own place on it."""
    places = _places(content["shots"])
    rows = []
    for exemplar in content["exemplars"]:
        reach = [{"x": round(places[i][0], 2), "width": round(places[i][1], 2)} for i in exemplar["shots"]]
        rows.append({"exemplar": exemplar, "reach": reach, "own": _own_place(exemplar["frame"], content, places)})
    return rows


def _own_place(frame: int | None, content: dict[str, Any], places: list[tuple[float, float]]) -> float | None:
    for shot, (x, width) in zip(content["shots"], places):
        if frame is not None and shot["start"] <= frame < shot["stop"]:
            return round(x + width * (frame - shot["start"] + 0.5) / (shot["stop"] - shot["start"]), 2)
    return None
