"""Running a project, and saying how far it has come."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.engine.job import Job
from kinemacolor.engine.project.bind import BoundStill
from kinemacolor.engine.project.files import SETTINGS, SHOTS, STILLS, Project, read_stills
from kinemacolor.engine.run import Listeners, Result, run
from kinemacolor.engine.track import ChromaTrack, read_header
from kinemacolor.engine.track.keys import film_signature, folder_signature, key_of
from kinemacolor.engine.track.seal import read_sealed, write_sealed
from kinemacolor.errors import InputError, OutputExistsError, SettingError, TrackError, reason_of
from kinemacolor.io.table import read_table

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
    *,
    road: Callable[[Job], Result] | None = None,
) -> Result | None:
    """Colors what is not colored yet and writes film and report; None where all is there and nothing has changed.

    ``options`` of a run replace the project's own this time (``device``, ``accept_license``). ``overwrite`` lets an
    output outside the project's folder that is not its own be replaced; one that is, is always.
    ``road`` is another one than ``engine.run.run`` for the film, as on a cluster.

    Raises as ``colorize_video`` does, and ``SettingError`` for a file of the project that cannot be used.
    """
    stills = read_stills(project)
    if _is_current(project, stills):
        return None
    inputs = _inputs(project, stills)
    job = job_of(project, stills).changed({**(options or {}), "overwrite": True})
    if not (options or {}).get("overwrite"):
        _require_own_output(project)
    result = run(job, listeners) if road is None else road(job)
    state = {"inputs": inputs, "output": film_signature(project.output)}
    write_sealed(project.folder / _STATE, {**state, "frames": result.frames, "damaged": result.damaged})
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
        return Status(False, _listed(project), 0, tuple(stills))
    track = ChromaTrack(project.track)
    colored = sum(track.notes(each.shot, each.key) is not None for each in listed)
    return Status(_is_current(project, stills), len(listed), colored, tuple(stills))


def _listed(project: Project) -> int:
    """The shots of the project's list. Raises ``SettingError`` where it cannot be read."""
    try:
        return len(read_table(project.shots).rows)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"{project.shots} cannot be read ({reason_of(error)}). Make it: kinemacolor shots -o."
        ) from error


def _is_current(project: Project, stills: Sequence[BoundStill]) -> bool:
    """Whether the last run had the inputs that there are now, and its output is, byte for byte, what it wrote."""
    try:
        state = read_sealed(project.folder / _STATE)
        return state["inputs"] == _inputs(project, stills) and state["output"] == film_signature(project.output)
    except (OSError, ValueError, KeyError, InputError):
        return False


def _require_own_output(project: Project) -> None:
    """Raises ``OutputExistsError`` where the output is a file outside the project that no run of it has written."""
    if not project.output.exists() or project.output.resolve().is_relative_to(project.folder.resolve()):
        return
    try:
        if read_sealed(project.folder / _STATE)["output"] == film_signature(project.output):
            return
    except (OSError, ValueError, KeyError, InputError):
        pass  # what cannot be told to be ours is not
    raise OutputExistsError(
        f"{project.output} is there already, and not as this project has written it. Say --overwrite once to replace "
        f"it, or give another output in {project.folder / SETTINGS}."
    )


def _inputs(project: Project, stills: Sequence[BoundStill]) -> str:
    """The hash of all that a project's film is made from."""
    files = [project.folder / name for name in (SETTINGS, SHOTS, STILLS)]
    files += [still.path for still in stills if still.path.is_file()]
    film = film_signature(project.film) if project.film.exists() else None
    return key_of([film, *(folder_signature(Path(file)) for file in files)])
