"""A forecast of coloring films: shots, hours, disk space, and missing stills. Nothing is written."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.engine.batch import is_there
from kinemacolor.engine.cluster.units import Lost, Nodes, Unit
from kinemacolor.engine.cluster.work import Done, FilmPlan, look_through
from kinemacolor.engine.job import Job
from kinemacolor.engine.run import run
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.errors import ExemplarError
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.io.exemplars import parse

_SAMPLE_FRAMES = 24


@dataclass(frozen=True, slots=True)
class Sample:
    """What a few frames took: seconds, and bytes of the film in color and of its track, each a frame."""

    seconds: float
    film_bytes: float
    track_bytes: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a film would take. ``to_do`` counts shots that are not in its track, ``frames`` theirs.

    ``seconds`` are those of one node at one shot at a time. ``reason`` is there for a film that cannot be colored as
    it is, ``is_there`` for one that is.
    """

    job: Job
    shots: int = 0
    to_do: int = 0
    frames: int = 0
    seconds: float = 0.0
    disk_bytes: float = 0.0
    reason: str | None = None
    is_there: bool = False


def missing_stills(job: Job) -> list[str]:
    """The stills of a job that are no files. Raises nothing: a text that names none is missing too."""
    missing = []
    for spec in job.exemplars.exemplars:
        if isinstance(spec, Exemplar):
            continue
        try:
            path, _ = parse(spec)
        except ExemplarError:
            path = Path(str(spec))
        if not path.exists():
            missing.append(str(path))
    return missing


def forecasts(jobs: Sequence[Job], node_jobs: Sequence[Job], nodes: Nodes) -> Iterator[Forecast]:
    """What each film would take, as it is known. ``node_jobs`` are the same as the nodes see them.

    Each film is looked through for its shots, as for coloring it; the first of each size and model is colored for 24
    frames, into a folder that goes.
    """
    waiting = []
    for number, job in enumerate(jobs):
        missing = missing_stills(job)
        if is_there(job):
            yield Forecast(job, is_there=True)
        elif missing:
            yield Forecast(job, reason=f"missing stills: {', '.join(missing)}")
        else:
            waiting.append(Unit(number, "look", look_through, (node_jobs[number], None)))
    plans: dict[int, FilmPlan] = {}
    for unit, looked in _done(waiting, nodes):
        if isinstance(looked, FilmPlan):
            plans[unit.film] = looked
        else:
            yield Forecast(jobs[unit.film], reason=str(looked))
    first_of = {_kind_of(jobs[number], plan): number for number, plan in sorted(plans.items(), reverse=True)}
    units = [Unit(i, "color", sampled, (node_jobs[i], plans[i].frames)) for i in sorted(first_of.values())]
    samples = {unit.film: sample for unit, sample in _done(units, nodes)}
    for number, plan in sorted(plans.items()):
        sample = samples[first_of[_kind_of(jobs[number], plan)]]
        if isinstance(sample, Sample):
            yield _forecast(jobs[number], plan, sample)
        else:
            yield Forecast(jobs[number], reason=str(sample))


def _kind_of(job: Job, plan: FilmPlan) -> str:
    """What decides how long a frame takes, and how large it is."""
    return f"{job.model}{plan.header.working_size}{plan.header.film_size}{job.output.codec}"


def sampled(job: Job, frames: int | None) -> Sample:
    """What 24 frames in the middle of a film take. Raises as ``run`` does."""
    first = 0 if frames is None or job.film.start is not None else max(0, (frames - _SAMPLE_FRAMES) // 2)
    with tempfile.TemporaryDirectory(prefix="kinemacolor-") as folder:
        output = Path(folder) / f"film{Path(job.output.output).suffix}"
        changes = {"output": output, "track": Path(folder) / "track", "shots": "none", "report": None, "strip": None}
        if job.film.start is None:
            changes |= {"start": first, "end": first + _SAMPLE_FRAMES}
        result = run(job.changed({**changes, "preview": None}))
        count = max(1, result.frames)
        sizes = [
            sum(each.stat().st_size for each in _files(place)) for place in (output, Path(folder) / "track" / "shots")
        ]
        return Sample(result.seconds / count, sizes[0] / count, sizes[1] / count)


def _files(place: Path) -> list[Path]:
    return [each for each in place.rglob("*") if each.is_file()] if place.is_dir() else [place]


def _done(units: list[Unit], nodes: Nodes) -> Iterator[tuple[Unit, object]]:
    """Each unit with its value, or the reason why it has none."""
    waiting, out = list(reversed(units)), 0
    while waiting or out:
        while waiting and nodes.room > 0:
            nodes.submit(waiting.pop())
            out += 1
        for unit, result in nodes.finished():
            out -= 1
            yield unit, _value(result)


def _value(result: Done | Lost) -> object:
    if isinstance(result, Lost):
        return result.reason
    return result.value if result.refused is None else result.refused


def _forecast(job: Job, plan: FilmPlan, sample: Sample) -> Forecast:
    track = ChromaTrack(Path(str(job.output.track)))
    to_do = [each for each in plan.shots if track.notes(Shot(each.start, each.stop), each.key) is None]
    frames = sum(each.stop - each.start for each in to_do)
    if plan.frames is not None:
        frames = min(frames, plan.frames)
    disk = frames * sample.track_bytes + (plan.frames or frames) * sample.film_bytes
    return Forecast(job, len(plan.shots), len(to_do), frames, frames * sample.seconds, disk)
