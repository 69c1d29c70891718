"""What is to be coloured from what: a film's shots, each with its exemplars and the key of its colours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from kinemacolor._version import __version__
from kinemacolor.engine.assign import MOST_ALIKE, active_exemplars, in_order, index_in, references_for
from kinemacolor.engine.look import Findings, Subject, look
from kinemacolor.engine.relevance import Summaries, likeness
from kinemacolor.engine.shot_list import ListedShot, read_shots
from kinemacolor.engine.shots import shots_between
from kinemacolor.engine.still_finder import advice
from kinemacolor.engine.track.keys import exemplar_hash, film_signature, key_of
from kinemacolor.engine.track.levels import CHROMA_STEP
from kinemacolor.errors import ShotListError
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.io import FilmInfo
from kinemacolor.models.base import Reference


@dataclass(frozen=True, slots=True)
class PlannedShot:
    """A shot, the exemplars it is coloured from, and the key of all that its colours depend on."""

    shot: Shot
    exemplars: tuple[Exemplar, ...]
    key: str = ""

    def references(self) -> list[Reference]:
        """The exemplars as the model sees them."""
        return references_for(self.shot, self.exemplars)


@dataclass(frozen=True, slots=True)
class Plan:
    """The shots of a film in order. ``warnings`` are for the user; ``signature`` is the film's, None for a pipe."""

    shots: tuple[PlannedShot, ...]
    signature: str | None = None
    warnings: tuple[str, ...] = ()


def plan_of(
    source: str | Path,
    info: FilmInfo,
    span: Shot,
    stills: Sequence[Exemplar],
    *,
    shots: str | Path = "auto",
    frame_rate: str | Fraction = "24",
    memory: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> Plan:
    """The shots of ``span`` and the exemplars of each; ``stills`` are of the working size.

    ``shots`` is ``auto`` (found in a pass over the film), ``none`` (all is one shot) or a shot list's path. A film of
    one shot gets all stills. A pipe can be read once only: without a list it is one shot, and a warning says so.
    ``memory`` is a file that keeps what the pass saw. Raises ``ShotListError`` where a list does not fit.
    """
    piped = str(source) == "-"
    signature = None if piped else film_signature(Path(source))
    if str(shots) == "none" or (piped and str(shots) == "auto"):
        note = f"{source} is a pipe, which cannot be searched for cuts first: it is coloured as one shot."
        warnings = (f"{note} Give --shots a list, or 'none'.",) if piped and str(shots) == "auto" else ()
        return Plan((PlannedShot(span, tuple(stills)),), signature, warnings)
    listed = _listed(Path(shots), info, span, stills) if str(shots) != "auto" else None
    cuts = None if listed is None else [each.shot.start for each in listed if each.shot.start > span.start]
    if listed is not None and (piped or len(stills) <= MOST_ALIKE):
        found = None
    else:
        subject = Subject(source, span, frame_rate, info.full_range, signature)
        found = look(subject, stills, cuts=cuts, memory=memory, progress=progress)
    lines = tuple(advice(stills, found.places)) if found is not None else ()
    if listed is None:
        assert found is not None
        stop = span.start + found.frames
        listed = [ListedShot(shot) for shot in shots_between(found.cuts, span.start, stop)]
    return Plan(_assigned(listed, stills, found), signature, lines)


def _listed(path: Path, info: FilmInfo, span: Shot, stills: Sequence[Exemplar]) -> list[ListedShot]:
    """The list's shots within the span. Raises ``ShotListError`` for a name that is no still's."""
    frames = info.frames if info.frames is not None and info.frames_exact else span.stop
    listed = read_shots(path, info, frames=frames)
    names = {Path(still.name).name for still in stills}
    for each in listed:
        for name in each.pinned:
            if name not in names:
                raise ShotListError(
                    f"{path}: the shot that begins at frame {each.shot.start} asks for {name}, which is none of the "
                    "stills. Give it with --exemplar, or take its name out."
                )
    inside = [each for each in listed if each.shot.stop > span.start and each.shot.start < span.stop]
    clipped = [Shot(max(each.shot.start, span.start), min(each.shot.stop, span.stop)) for each in inside]
    return [ListedShot(shot, each.pinned) for shot, each in zip(clipped, inside)]


def _assigned(
    listed: Sequence[ListedShot], stills: Sequence[Exemplar], found: Findings | None
) -> tuple[PlannedShot, ...]:
    if len(listed) == 1:
        return (PlannedShot(listed[0].shot, tuple(stills)),)
    alike = None
    if found is not None and len(found.summaries) == len(listed):
        alike = likeness(found.summaries, Summaries().of_stills(stills))
    return tuple(
        PlannedShot(
            each.shot,
            tuple(
                active_exemplars(
                    each.shot, stills, likeness=[float(x) for x in alike[i]] if alike is not None else (),
                    pinned=each.pinned,
                )
            ),
        )
        for i, each in enumerate(listed)
    )  # fmt: skip


def with_keys(plan: Plan, *, size: tuple[int, int], model: str, extras: Sequence[str] = ()) -> Plan:
    """The plan with each shot's key. ``model`` is the model's fingerprint, ``extras`` what else decides."""
    hashes = {id(e): exemplar_hash(e) for planned in plan.shots for e in planned.exemplars}
    keyed = []
    for planned in plan.shots:
        shot = planned.shot
        stills = [[hashes[id(e)], index_in(shot, e)] for e in in_order(planned.exemplars)]
        parts = [__version__, plan.signature, shot.start, shot.stop, list(size), model, list(extras), stills]
        keyed.append(PlannedShot(shot, planned.exemplars, key_of(parts)))
    return Plan(tuple(keyed), plan.signature, plan.warnings)


def header_of(plan: Plan, info: FilmInfo, span: Shot, size: tuple[int, int], *, model: str) -> dict[str, object]:
    """What a chroma track says of itself: the film, the part coloured, the model, each shot and what it came from."""
    stills = {e.name: e for planned in plan.shots for e in planned.exemplars}
    return {
        "kinemacolor": __version__,
        "film": {
            "path": str(Path(info.path).absolute()),
            "signature": plan.signature,
            "size": [info.width, info.height],
            "frame_rate": str(info.frame_rate) if info.frame_rate else None,
        },
        "start": span.start,
        "stop": plan.shots[-1].shot.stop,
        "working_size": [size[1], size[0]],
        "chroma_step": CHROMA_STEP,
        "model": model,
        "exemplars": [{"name": e.name, "frame": e.index, "hash": exemplar_hash(e)} for e in stills.values()],
        "shots": [
            {
                "start": planned.shot.start,
                "stop": planned.shot.stop,
                "exemplars": [e.name for e in planned.exemplars],
                "key": planned.key,
            }
            for planned in plan.shots
        ],
    }
