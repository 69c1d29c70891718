"""How far a list of films has come, from their files alone: outputs, tracks, and the log of a run on nodes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kinemacolor.engine.batch import read_manifest
from kinemacolor.engine.cluster.journal import Told, told_by
from kinemacolor.engine.inputs import track_place
from kinemacolor.engine.project.files import SETTINGS, open_project, read_stills
from kinemacolor.engine.project.run import job_of
from kinemacolor.engine.track import ENDING, ChromaTrack, read_header
from kinemacolor.errors import SettingError, TrackError

State = Literal["done", "at work", "begun", "waiting", "failed"]


@dataclass(frozen=True, slots=True)
class FilmStatus:
    """How far a film has come. ``shots`` is None before it was looked through; ``reason`` is of one that failed.

    ``at work``: a process is coloring it; ``begun``: some of it is there and no process is.
    """

    film: str
    output: str
    state: State
    shots: int | None
    colored: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Statuses:
    """How far films have come, and what the log tells of the run."""

    films: tuple[FilmStatus, ...]
    told: Told


def status_of_films(where: Path, log: Path) -> Statuses:
    """How far the films of a manifest, a project's folder or a folder of films in color have come.

    Raises ``SettingError`` where it is none of these.
    """
    told = told_by(log)
    films = tuple(_status(*film, told) for film in _films_of(where))
    if not films:
        raise SettingError(
            f"{where} names no films. Give a manifest, the folder of a project, or a folder where films in color go."
        )
    return Statuses(films, told)


def _films_of(where: Path) -> Iterator[tuple[str, Path, Path | None]]:
    """Film, output and track of each."""
    if where.is_file():
        for job in read_manifest(where, {"track": True}):
            yield str(job.film.source), Path(job.output.output), track_place(job)
    elif (where / SETTINGS).is_file():
        project = open_project(where)
        job = job_of(project, read_stills(project))
        yield str(project.film), Path(job.output.output), project.track
    else:
        for track in sorted(where.glob(f"*{ENDING}")):
            output = track.with_name(track.name.removesuffix(ENDING))
            yield output.name, output, track


def _status(film: str, output: Path, place: Path | None, told: Told) -> FilmStatus:
    shots, colored, at_work = None, 0, False
    if place is not None:
        track = ChromaTrack(place)
        at_work = track.is_at_work()
        try:
            header = read_header(place)
        except TrackError:
            pass
        else:
            shots = len(header.shots)
            colored = sum(track.notes(each.shot, each.key) is not None for each in header.shots)
    reason = told.failed.get(str(output.absolute()), "")
    return FilmStatus(film, str(output), _state(output, at_work, reason, shots), shots, colored, reason)


def _state(output: Path, at_work: bool, reason: str, shots: int | None) -> State:
    if at_work:
        return "at work"
    if output.exists():
        return "done"
    if reason:
        return "failed"
    return "waiting" if shots is None else "begun"
