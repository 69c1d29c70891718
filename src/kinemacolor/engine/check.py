"""Whether a track or a project is whole: every file of it read and held against what was written."""

from collections import deque
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.engine.project.files import SETTINGS, open_project
from kinemacolor.engine.project.run import status_of
from kinemacolor.engine.track import ChromaTrack, read_header
from kinemacolor.engine.track.keys import film_signature
from kinemacolor.engine.track.seal import BrokenSealError
from kinemacolor.errors import KinemacolorError


@dataclass(frozen=True, slots=True)
class Check:
    """The findings: the number of ``shots``, how many of them are ``colored`` and whole, and a line a fault."""

    shots: int
    colored: int
    faults: tuple[str, ...]


def check(path: Path) -> Check:
    """Reads all of a track's or project's folder. Nothing is changed.

    A shot that is not colored yet is no fault. Raises ``TrackError`` or ``SettingError`` where the folder is neither.
    """
    if (path / SETTINGS).exists():
        return _check_project(path)
    return _check_track(path)


def _check_track(path: Path) -> Check:
    header = read_header(path)
    track, faults, colored = ChromaTrack(path), list[str](), 0
    for each in header.shots:
        damaged = f"{path}: frames {each.shot.start} to {each.shot.stop - 1} are damaged: "
        in_pieces = list[str]()
        try:
            if track.verified(each.shot, each.key) is not None:
                colored += 1
            else:
                deque(track.begun(each.shot, each.key, in_pieces), maxlen=0)
        except BrokenSealError as error:
            faults.append(f"{damaged}{error}.")
        faults += [f"{damaged}{line}." for line in in_pieces[:1]]
    if header.film.exists() and _signature(header.film) != header.signature:
        faults.append(f"{header.film} is not the film that {path} was made from, or has changed.")
    return Check(len(header.shots), colored, tuple(faults))


def _check_project(folder: Path) -> Check:
    project = open_project(folder)
    status = status_of(project)
    faults = [f"The still {s.path} is missing." for s in status.stills if not s.path.is_file()]
    if not project.film.exists():
        faults.append(f"The film {project.film} is missing.")
    if project.output.exists() and not status.current:
        faults.append(f"{project.output} has changed since it was written, or what it was made from has.")
    if not project.track.exists():
        return Check(status.shots, status.shots_colored, tuple(faults))
    try:
        track = _check_track(project.track)
    except KinemacolorError as error:
        return Check(status.shots, 0, (*faults, str(error)))
    return Check(track.shots, track.colored, (*faults, *track.faults))


def _signature(film: Path) -> str | None:
    try:
        return film_signature(film)
    except (OSError, KinemacolorError):
        return None
