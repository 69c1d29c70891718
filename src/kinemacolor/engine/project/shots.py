"""Some shots of a project, colored into its track by themselves: what a run of all would give them, to the bit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kinemacolor.engine.answers import Answers
from kinemacolor.engine.exemplars.applied import WithExemplars, identity_with
from kinemacolor.engine.inputs import Inputs, prepare, track_place
from kinemacolor.engine.job import Job
from kinemacolor.engine.pipeline import read_ahead
from kinemacolor.engine.plan import Plan, PlannedShot, header_of
from kinemacolor.engine.project.files import Project, read_stills
from kinemacolor.engine.project.run import job_of
from kinemacolor.engine.run import FRAMES_AHEAD, Listeners, loaded_model, planned
from kinemacolor.engine.sinks import ProgressSink, Sink, TrackSink, pour
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.errors import SettingError
from kinemacolor.models.base import Colorizer

SinksFor = Callable[[Inputs, PlannedShot], Sequence[Sink]]
"""More sinks for a shot that is to be colored."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A project's inputs and plan, ready to be colored from."""

    inputs: Inputs
    plan: Plan


@dataclass(frozen=True, slots=True)
class _Named:
    identity: str


def project_job(project: Project, options: Mapping[str, object] | None = None) -> Job:
    """The run that a project asks for, with some options changed, without a report."""
    return job_of(project, read_stills(project)).changed({"report": None, **(options or {})})


def identity_of_job(job: Job) -> str:
    """The identity of the job's model. The model is loaded for it."""
    return loaded_model(job).identity


def plan_project(
    job: Job, identity: str, listeners: Listeners | None = None, *, memory: ChromaTrack | None = None
) -> Prepared:
    """The shots of a project's film and their keys, by a model of this ``identity``; nothing is colored.

    The film is looked through only where more than two stills ask which shots are like them, and once for all stills:
    ``memory`` is the track that remembers what was seen, None for the job's own. Raises as ``prepare`` does.
    """
    inputs = prepare(job)
    model = _Named(identity_with(identity, bidirectional=inputs.bidirectional))
    memory = memory or ChromaTrack(_track_of(job))
    memory.path.mkdir(exist_ok=True)
    return Prepared(inputs, planned(inputs, model, memory, listeners, advise=False))


def color_shots(
    prepared: Prepared,
    starts: Sequence[int],
    model: Colorizer,
    *,
    listeners: Listeners | None = None,
    sinks: SinksFor | None = None,
) -> Plan:
    """Colors the shots that begin at these frames into the job's track, unless it has them; the plan of the film.

    What is colored is what ``run`` would color: the same keys, the same bits. Nothing of the track is removed.

    Raises ``SettingError`` where no shot begins at a frame, ``BusyError`` where another run works on the track.
    """
    inputs, heard = prepared.inputs, listeners or Listeners()
    by_start = {each.shot.start: each for each in prepared.plan.shots}
    unknown = [start for start in starts if start not in by_start]
    if unknown:
        raise SettingError(f"No shot begins at frame {unknown[0]}. Give the first frame of a shot.")
    applied = WithExemplars(model, bidirectional=inputs.bidirectional)
    with ChromaTrack(_track_of(inputs.job)) as track:
        track.note_run(None)
        track.write_header(header_of(prepared.plan, inputs, model=inputs.model_name))
        for start in starts:
            wanted = by_start[start]
            part = replace(prepared.plan, shots=(wanted,))
            answers = Answers(
                part, applied, inputs.size, track=track, objects=inputs.masks, again=inputs.opened_again
            )
            more = sinks(inputs, wanted) if sinks is not None else ()
            counted = ProgressSink(len(wanted.shot), heard.progress)
            with (
                inputs.film.frames(wanted.shot) as reader,
                read_ahead(reader, FRAMES_AHEAD, sparing=answers.sparing) as frames,
            ):
                pour(answers.shots(frames), [TrackSink(track), *more, counted])
    return prepared.plan


def _track_of(job: Job) -> Path:
    place = track_place(job)
    assert place is not None
    return place
