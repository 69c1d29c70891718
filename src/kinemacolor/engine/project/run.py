"""Running a project, and saying how far it has come."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.engine.job import Job
from kinemacolor.engine.project.bind import BoundStill
from kinemacolor.engine.project.files import SETTINGS, SHOTS, STILLS, Project, read_stills
from kinemacolor.engine.run import Listeners, Result, run
from kinemacolor.engine.track import ChromaTrack, read_header
from kinemacolor.engine.track.chunk import write_json
from kinemacolor.engine.track.keys import film_signature, folder_signature, key_of
from kinemacolor.errors import TrackError

_STATE = "state.json"


@dataclass(frozen=True, slots=True)
class Status:
    """How far a project has come. ``current``: the film in color is there and nothing has changed since."""

    current: bool
    shots: int
    shots_colored: int
    stills: tuple[BoundStill, ...]


def run_project(
    project: Project,
    options: Mapping[str, object] | None = None,
    listeners: Listeners | None = None,
) -> Result | None:
    """Colors what is not colored yet and writes film and report; None where all is there and nothing has changed.

    ``options`` of a run replace the project's own this time (``device``, ``accept_license``).

    Raises as ``colorize_video`` does, and ``SettingError`` for a file of the project that cannot be used.
    """
    stills = read_stills(project)
    if _is_current(project, stills):
        return None
    inputs = _inputs(project, stills)
    result = run(job_of(project, stills).changed(options or {}), listeners)
    write_json(project.folder / _STATE, {"inputs": inputs, "frames": result.frames, "damaged": result.damaged})
    return result


def job_of(project: Project, stills: Sequence[BoundStill]) -> Job:
    """The run that a project asks for. Raises ``SettingError`` for an option that cannot be as it is written."""
    own = {
        "source": project.film,
        "output": project.output,
        "exemplars": tuple(f"{s.path}@{'none' if s.frame is None else s.frame}" for s in stills),
        "shots": project.shots,
        "track": project.track,
        "report": project.report,
        "settings": project.model_settings,
        "overwrite": True,
    }
    return Job.of(project.options, folder=project.folder).changed(own)


def status_of(project: Project) -> Status:
    """How far the project has come, from its files alone. Raises ``SettingError`` where one cannot be used."""
    stills = read_stills(project)
    try:
        listed = read_header(project.track).shots
    except TrackError:
        total = sum(1 for line in project.shots.read_text(encoding="utf-8").splitlines()[1:] if line.strip())
        return Status(False, total, 0, tuple(stills))
    track = ChromaTrack(project.track)
    colored = sum(track.notes(each.shot, each.key) is not None for each in listed)
    return Status(_is_current(project, stills), len(listed), colored, tuple(stills))


def _is_current(project: Project, stills: list[BoundStill]) -> bool:
    try:
        state = json.loads((project.folder / _STATE).read_text(encoding="utf-8"))
        return bool(project.output.exists() and state["inputs"] == _inputs(project, stills))
    except (OSError, ValueError, KeyError):
        return False


def _inputs(project: Project, stills: list[BoundStill]) -> str:
    """The hash of all that a project's film is made from."""
    files = [project.folder / name for name in (SETTINGS, SHOTS, STILLS)]
    files += [still.path for still in stills if still.path.is_file()]
    film = film_signature(project.film) if project.film.exists() else None
    return key_of([film, *(folder_signature(Path(file)) for file in files)])
