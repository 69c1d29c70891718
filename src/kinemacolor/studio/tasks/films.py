"""Tasks on a film that comes in: its facts, and the pass that finds its shots."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from kinemacolor.engine.job import Job
from kinemacolor.engine.project import new_project, open_project
from kinemacolor.io import Film
from kinemacolor.io.destination import write_file
from kinemacolor.io.info import FilmInfo
from kinemacolor.studio.calls import Context
from kinemacolor.studio.limits import Limits
from kinemacolor.studio.places import CACHE
from kinemacolor.studio.tasks.said import counted


def facts_of(info: FilmInfo, frames: int | None = None) -> dict[str, Any]:
    """The facts of a film that the page shows, as JSON."""
    height, width = info.display_size
    return {
        "width": info.width,
        "height": info.height,
        "shown": [width, height],
        "rate": None if info.frame_rate is None else float(info.frame_rate),
        "frames": frames if frames is not None else info.frames,
        "seconds": None if info.duration_seconds is None else float(info.duration_seconds),
        "codec": info.codec,
        "bits": info.bits,
        "sound": [each.codec for each in info.streams if each.kind == "audio"],
        "subtitles": sum(each.kind == "subtitle" for each in info.streams),
        "interlaced": info.interlaced,
        "in_color": info.has_color,
        "warnings": list(info.warnings),
    }


def probe(context: Context, source: str, limits: Limits) -> dict[str, Any]:
    """The facts of a film within the limits. Raises ``InputError`` for any other."""
    info = Film.open(source).info
    limits.check(info)
    return facts_of(info)


def survey(context: Context, source: str, folder: str, options: Mapping[str, object]) -> None:
    """Makes a film's project: one pass that finds its shots."""
    film = Film.open(source)
    new_project(source, [], folder=folder, options=options, progress=counted(context, "Looking for cuts"))
    _keep_facts(film, Path(folder))


def facts(context: Context, folder: str) -> dict[str, Any]:
    """The facts of a project's film."""
    project = open_project(Path(folder))
    rate = Job.of(project.options).film.frame_rate
    return _keep_facts(Film.open(project.film, frame_rate=rate), Path(folder))


def _keep_facts(film: Film, folder: Path) -> dict[str, Any]:
    table = (folder / "shots.csv").read_text(encoding="utf-8").splitlines()
    frames = film.exact_frames
    with suppress(ValueError, IndexError):  # the list says what the pass over the film has counted
        start, _, count, *_ = table[-1].split(",")
        frames = int(start) + int(count)
    found = facts_of(film.info, frames)
    (folder / CACHE).mkdir(exist_ok=True)
    write_file(folder / CACHE / "facts.json", json.dumps(found).encode())
    return found
