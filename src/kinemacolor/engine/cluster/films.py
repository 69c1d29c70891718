"""Many films on many nodes: what is given out next, and what becomes of what comes back.

The road of a film: it is looked through on a node; each of its shots that the track lacks is colored on one and
taken into the track here, once, whoever colored it; and the ordinary run writes it from the track. Only so many units
are out as the nodes have room for, so a list of films takes memory for its plans and no more.
"""

import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from kinemacolor.engine.batch import JobOutcome, is_there, make_home
from kinemacolor.engine.cluster.journal import Journal
from kinemacolor.engine.cluster.places import Map, as_nodes_see, mapped
from kinemacolor.engine.cluster.units import Acts, Lost, Nodes, Unit
from kinemacolor.engine.cluster.work import Done, FilmPlan, ShotToColor
from kinemacolor.engine.job import Job
from kinemacolor.engine.run import Result
from kinemacolor.engine.track import ChromaTrack, stem_of
from kinemacolor.engine.track.parcel import Parcel, take_in
from kinemacolor.engine.track.seal import BrokenSealError, write_bytes
from kinemacolor.errors import KinemacolorError, TrackError
from kinemacolor.frames import Shot

_TRIES = 3
_SPARE = 1.15
_PARTS = ".parts"
_SURVEY_LIMIT_BYTES = 2**28


@dataclass(frozen=True, slots=True)
class Standing:
    """How far all films have come. ``shots`` are those of the films that were looked through."""

    films: int
    films_ended: int
    shots: int
    shots_colored: int
    out: int


@dataclass(slots=True)
class _AtWork:
    """A film on its road."""

    job: Job
    node_job: Job
    track: ChromaTrack
    plan: FilmPlan | None = None
    waiting: deque[ShotToColor] = field(default_factory=deque)
    out: int = 0
    is_open: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Ways:
    """How things travel: ``maps`` of folders, and whether shots' files lie in a folder ``shared`` with the nodes."""

    maps: tuple[Map, ...] = ()
    shared: bool = False


class FilmsOnNodes:
    """Colors films on nodes. ``jobs`` have absolute paths (``places.absolute``) and a track each.

    ``told`` hears how far all have come, after each unit.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        nodes: Nodes,
        journal: Journal,
        *,
        ways: Ways | None = None,
        acts: Acts | None = None,
        told: Callable[[Standing], None] | None = None,
    ) -> None:
        self._jobs, self._nodes, self._journal = list(jobs), nodes, journal
        self._ways, self._acts, self._told = ways or Ways(), acts or Acts(), told
        self._to_begin = deque(range(len(self._jobs)))
        self._films: dict[int, _AtWork] = {}
        self._to_write: deque[int] = deque()
        self._ended: deque[JobOutcome] = deque()
        self._peaks: dict[str, int] = {}
        self._count_ended = self._shots = self._colored = self._out = 0

    def outcomes(self) -> Iterator[JobOutcome]:
        """The outcome of each film, as soon as it is known. A film that fails does not stop the rest."""
        self._journal.begin(len(self._jobs))
        try:
            while self._films or self._to_begin:
                self._give_out()
                yield from self._drained()
                for unit, result in self._nodes.finished() if self._out else ():
                    self._out -= 1
                    self._take(unit, result)
                    self._tell()
                yield from self._drained()
            self._journal.note("ended")
        finally:
            for film in self._films.values():
                self._close(film)

    def _drained(self) -> Iterator[JobOutcome]:
        while self._ended:
            yield self._ended.popleft()

    def _tell(self) -> None:
        if self._told is not None:
            self._told(Standing(len(self._jobs), self._count_ended, self._shots, self._colored, self._out))

    # what is given out

    def _give_out(self) -> None:
        """Gives out units while there is room: films to be written, then shots in order, then films to look at."""
        while self._nodes.room > 0:
            unit = self._next()
            if unit is None:
                return
            self._out += 1
            self._films[unit.film].out += 1
            self._nodes.submit(unit)

    def _next(self) -> Unit | None:
        if self._to_write:
            return self._writing(self._to_write.popleft())
        for number, film in self._films.items():
            if film.waiting:
                return self._coloring(number, film, film.waiting.popleft())
        while self._to_begin:
            unit = self._begun(self._to_begin.popleft())
            if unit is not None:
                return unit
        return None

    def _begun(self, number: int) -> Unit | None:
        """The unit that looks through a film; None for one that is there, or that cannot be."""
        job = self._jobs[number]
        if is_there(job):
            self._end(number, JobOutcome(job, "there"), "there")
            return None
        track = ChromaTrack(Path(str(job.output.track)), output=Path(job.output.output))
        film = _AtWork(job, as_nodes_see(job, self._ways.maps), track)
        self._films[number] = film
        try:
            make_home(Path(job.output.output))
        except KinemacolorError as error:
            self._fail(number, str(error))
            return None
        return Unit(number, "look", self._acts.look, (film.node_job, _known_of(track)))

    def _coloring(self, number: int, film: _AtWork, shot: ShotToColor) -> Unit:
        assert film.plan is not None
        folder = None
        if self._ways.shared:
            folder = Path(mapped(str(_parts_of(film.track)), self._ways.maps))
        given = (film.node_job, (film.plan.signature, film.plan.in_short), shot, folder)
        need = self._peaks.get(_kind_of(film), 0)
        return Unit(number, "color", self._acts.color, given, shot, memory_bytes=int(_SPARE * need))

    def _writing(self, number: int) -> Unit:
        here = not self._ways.shared or bool(self._ways.maps)
        film = self._films[number]
        job = film.job if here else film.node_job
        assert film.plan is not None
        exact = job.changed({"precision": film.plan.precision})
        return Unit(number, "write", self._acts.write, (exact,), here=here)

    # what comes back

    def _take(self, unit: Unit, result: Done | Lost) -> None:
        film = self._films.get(unit.film)
        if film is None:
            return  # it has failed in the meantime
        film.out -= 1
        if isinstance(result, Lost):
            self._fail(unit.film, f"{_what(unit)} in several tries: {result.reason}")
        elif result.refused is not None:
            self._fail(unit.film, result.refused)
        else:
            film.seconds += result.seconds
            try:
                self._took(unit, film, result)
            except KinemacolorError as error:
                self._fail(unit.film, str(error))

    def _took(self, unit: Unit, film: _AtWork, result: Done) -> None:
        if unit.kind == "look":
            self._looked(unit.film, film, result.value)
        elif unit.kind == "color":
            self._peaks[_kind_of(film)] = max(result.peak_bytes, self._peaks.get(_kind_of(film), 0))
            self._colored_one(unit, film, result)
        else:
            self._written(unit.film, film, result.value)
        if film.plan is not None and unit.kind != "write" and not film.waiting and not film.out:
            self._close(film)
            self._to_write.append(unit.film)

    def _looked(self, number: int, film: _AtWork, plan: FilmPlan) -> None:
        """Opens the film's track: from now on no other run works on it."""
        film.track.__enter__()
        film.is_open = True
        film.track.note_run(None)
        header = replace(plan.header, film=Path(film.job.film.source))
        film.track.write_header(header)
        if plan.survey is not None:
            with suppress(OSError):  # a film can be looked at again
                write_bytes(film.track.survey, plan.survey)
        film.node_job = film.node_job.changed({"precision": plan.precision})
        film.waiting = deque(
            each for each in plan.shots if film.track.notes(Shot(each.start, each.stop), each.key) is None
        )
        there = len(plan.shots) - len(film.waiting)
        film.plan = replace(plan, shots=(), survey=None, header=replace(plan.header, shots=plan.header.shots[:1]))
        self._shots += len(plan.shots)
        self._colored += there
        self._note(film, "looked", shots=len(plan.shots), there=there)

    def _colored_one(self, unit: Unit, film: _AtWork, result: Done) -> None:
        parcel, shot = result.value, unit.shot
        assert isinstance(parcel, Parcel)
        assert shot is not None
        own = _parts_of(film.track) / stem_of(shot.start, shot.key)
        try:
            if (parcel.shot.start, parcel.key) != (shot.start, shot.key):
                raise BrokenSealError("another shot has come in its place")
            is_new = take_in(film.track, parcel, folder=own / "shots" if self._ways.shared else None)
        except BrokenSealError as error:
            self._note(film, "damaged", start=shot.start, key=shot.key, node=result.node, reason=str(error))
            if unit.tries >= _TRIES:
                raise TrackError(f"{_what(unit)} in {_TRIES} tries: {error}.") from error
            again = unit.again()
            film.out += 1
            self._out += 1
            self._nodes.submit(again)
            return
        if self._ways.shared:
            shutil.rmtree(own, ignore_errors=True)
        self._colored += 1
        event = "taken" if is_new else "there already"
        self._note(film, event, start=shot.start, key=shot.key, node=result.node, seconds=round(result.seconds, 3))

    def _written(self, number: int, film: _AtWork, result: Result) -> None:
        shutil.rmtree(_parts_of(film.track), ignore_errors=True)
        state: Literal["done", "damaged"] = "damaged" if result.damaged else "done"
        outcome = JobOutcome(film.job, state, result.frames, film.seconds, " ".join(result.warnings))
        self._end(number, outcome, "written")

    # how a film ends

    def _fail(self, number: int, reason: str) -> None:
        film = self._films[number]
        self._nodes.drop(number)
        self._out -= film.out
        self._end(number, JobOutcome(film.job, "failed", message=reason), "failed", reason=reason)

    def _end(self, number: int, outcome: JobOutcome, event: str, **facts: object) -> None:
        film = self._films.pop(number, None)
        if film is not None:
            self._close(film)
        self._count_ended += 1
        self._ended.append(outcome)
        self._journal.note(event, output=str(outcome.job.output.output), **facts)
        self._tell()

    def _close(self, film: _AtWork) -> None:
        if film.is_open:
            film.is_open = False
            film.track.__exit__(None, None, None)

    def _note(self, film: _AtWork, event: str, **facts: object) -> None:
        self._journal.note(event, output=str(film.job.output.output), **facts)


def _known_of(track: ChromaTrack) -> bytes | None:
    """The survey of the film that the track keeps, as bytes; None where there is none."""
    place = track.survey
    try:
        if place.is_symlink() or place.stat().st_size > _SURVEY_LIMIT_BYTES:
            return None
        return place.read_bytes()
    except OSError:
        return None


def _parts_of(track: ChromaTrack) -> Path:
    """Where nodes put shots that they see the same folder as this machine for."""
    return track.path.with_name(track.path.name + _PARTS)


def _kind_of(film: _AtWork) -> str:
    """The model and the working size, on which a shot's memory depends."""
    assert film.plan is not None
    return f"{film.job.model.model} {film.plan.header.working_size}"


def _what(unit: Unit) -> str:
    if unit.shot is not None:
        return f"Frames {unit.shot.start} to {unit.shot.stop - 1} could not be colored"
    return "The film could not be looked through" if unit.kind == "look" else "The film could not be written"
