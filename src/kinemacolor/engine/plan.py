"""The plan of a film: its shots, each with its exemplars and the key of its colors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinemacolor._version import __version__
from kinemacolor.engine.analysis.analyze import FilmAnalysis, analyze
from kinemacolor.engine.analysis.cuts import shots_between
from kinemacolor.engine.analysis.likeness import Summaries, likeness
from kinemacolor.engine.analysis.shot_list import ListedShot, read_shots
from kinemacolor.engine.analysis.sightings import glimpsed
from kinemacolor.engine.analysis.still_finder import advice
from kinemacolor.engine.exemplars.assign import MOST_ALIKE, active_exemplars, in_order, index_in, references_for
from kinemacolor.engine.exemplars.marks import is_mark
from kinemacolor.engine.inputs import Inputs
from kinemacolor.engine.track import KeyedShot, NamedExemplar, TrackHeader
from kinemacolor.engine.track.keys import exemplar_hash, film_signature, key_of
from kinemacolor.errors import ShotListError
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.io import Film
from kinemacolor.models.base import Reference


@dataclass(frozen=True, slots=True)
class PlannedShot:
    """A shot, the exemplars it is colored from, and the key of all that its colors depend on."""

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
    film: Film,
    span: Shot,
    stills: Sequence[Exemplar],
    *,
    shots: str | Path = "auto",
    memory: Path | None = None,
    progress: Callable[[int], None] | None = None,
    advise: bool = True,
) -> Plan:
    """The shots of ``span`` and the exemplars of each; ``stills`` are of the working size.

    ``shots`` is ``auto`` (found in a pass over the film), ``none`` (all is one shot) or a shot list's path. A film of
    one shot gets all stills. A pipe can be read once only: without a list it is one shot, and a warning says so.
    ``memory`` is a file that keeps what the pass saw. Without ``advise`` nobody is told of stills that show another
    frame than theirs, and a film that was looked through before is not looked through for a new still.
    Raises ``ShotListError`` where a list does not fit.
    """
    piped = film.is_pipe
    signature = None if piped else film_signature(Path(film.source))
    if str(shots) == "none" or (piped and str(shots) == "auto"):
        note = f"{film.source} is a pipe, which cannot be searched for cuts first: it is colored as one shot."
        warnings = (f"{note} Give --shots a list, or 'none'.",) if piped and str(shots) == "auto" else ()
        return Plan(
            (PlannedShot(span, tuple(stills)),), signature, warnings + (glimpsed(film, span) if advise else ())
        )
    listed = _listed(Path(shots), film, span, stills) if str(shots) != "auto" else None
    cuts = None if listed is None else [each.shot.start for each in listed if each.shot.start > span.start]
    # marks belong to the shot that they are in: however many there are, no shot is asked whether it is like them
    compared = sum(not is_mark(still.alpha) for still in stills) > MOST_ALIKE
    asked = stills if advise else ()
    if listed is not None and (piped or not compared):
        found = None
    else:
        seen = None if signature is None else signature + f" {film.info.fields_a_frame}" * film.is_deinterlaced
        found = analyze(
            film, span, asked, cuts=cuts, summarize=compared, signature=seen, memory=memory, progress=progress
        )
    if found is not None:
        lines = (*found.notes, *advice(asked, found.places))
    else:
        lines = glimpsed(film, span) if advise else ()
    if listed is None:
        assert found is not None
        stop = span.start + found.frames
        listed = [ListedShot(shot) for shot in shots_between(found.cuts, span.start, stop)]
    return Plan(_assigned(listed, stills, found), signature, lines)


def _listed(path: Path, film: Film, span: Shot, stills: Sequence[Exemplar]) -> list[ListedShot]:
    """The list's shots within the span. Raises ``ShotListError`` for a name that is no still's."""
    listed = read_shots(path, film.frame_at, frames=film.exact_frames or span.stop)
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
    listed: Sequence[ListedShot], stills: Sequence[Exemplar], found: FilmAnalysis | None
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
    """The plan with each shot's key. ``model`` is the model's identity, ``extras`` what else decides."""
    hashes = {id(e): exemplar_hash(e) for planned in plan.shots for e in planned.exemplars}
    keyed = []
    for planned in plan.shots:
        shot = planned.shot
        stills = [[hashes[id(e)], index_in(shot, e)] for e in in_order(planned.exemplars)]
        parts = [__version__, plan.signature, shot.start, shot.stop, list(size), model, list(extras), stills]
        keyed.append(PlannedShot(shot, planned.exemplars, key_of(parts)))
    return Plan(tuple(keyed), plan.signature, plan.warnings)


def header_of(plan: Plan, inputs: Inputs, *, model: str) -> TrackHeader:
    """The header of the chroma track of a planned film."""
    used = {e.name: e for planned in plan.shots for e in planned.exemplars}
    rate = inputs.film.info.frame_rate
    return TrackHeader(
        film=Path(inputs.film.source).absolute(),
        signature=plan.signature,
        film_size=inputs.film.size,
        frame_rate=str(rate) if rate else None,
        working_size=inputs.size,
        model=model,
        exemplars=tuple(NamedExemplar(e.name, e.index, exemplar_hash(e)) for e in used.values()),
        shots=tuple(KeyedShot(p.shot, tuple(e.name for e in p.exemplars), p.key) for p in plan.shots),
        made_by=__version__,
        retimed=inputs.film.is_retimed,
        sound=inputs.film.info.sound_is_kept,
        deinterlace=inputs.job.film.deinterlace,
    )
