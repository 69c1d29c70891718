"""Tasks that color: plans, single shots as drafts and final, and the whole film."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kinemacolor.engine.answers import AnsweredFrame, AnsweredShot
from kinemacolor.engine.inputs import Inputs, draft_of, effort_chosen
from kinemacolor.engine.job import Job
from kinemacolor.engine.pipeline import WriteBehind
from kinemacolor.engine.plan import PlannedShot
from kinemacolor.engine.project import (
    Prepared,
    color_shots,
    identity_of_job,
    open_project,
    plan_project,
    project_job,
    run_project,
)
from kinemacolor.engine.run import Listeners, loaded_model
from kinemacolor.engine.sinks import Progress, Sink
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.models.base import Colorizer
from kinemacolor.studio.calls import Context
from kinemacolor.studio.pictures import VIEWER, FilmPictures, jpeg
from kinemacolor.studio.places import DRAFT, LIVE, LIVE_STEP
from kinemacolor.studio.tasks.said import counted

_LIVE_PX = 320
_MOST_PREPARED = 4
_LOCK = threading.Lock()
_models: dict[tuple[str, str], Colorizer] = {}
_identities: dict[str, str] = {}
_prepared: dict[str, Prepared] = {}


def _draft_job(job: Job, folder: Path) -> Job:
    """The job that makes drafts of this job's shots. Only asked for where there is one."""
    draft = draft_of(job)
    assert draft is not None
    return draft.changed({"track": folder / DRAFT})


def _identity(job: Job) -> str:
    # the size that a network works at is no part of what it is
    name = repr(replace(job.model, working_size=None))
    with _LOCK:
        if name not in _identities:
            _identities[name] = identity_of_job(job)
        return _identities[name]


def plan(context: Context, folder: str) -> list[tuple[int, int, list[str], str]]:
    """The shots of a project with the file names of their stills and their keys."""
    job = project_job(open_project(Path(folder)))
    heard = Listeners(surveying=counted(context, "Comparing shots with stills"))
    made = plan_project(job, _identity(job), heard, memory=_memory(Path(folder)))
    rows = []
    for each in made.plan.shots:
        rows.append((each.shot.start, each.shot.stop, [e.name for e in each.exemplars], each.key))
    return rows


def _memory(folder: Path) -> ChromaTrack:
    """The track that remembers a look through the film; drafts use the same."""
    return ChromaTrack(open_project(folder).track)


class _Live(Sink):
    """Small pictures of a shot while it is being colored, a file a frame; says so, and stops where it is told to."""

    def __init__(self, context: Context, film: FilmPictures, folder: Path | None, draft: bool) -> None:
        self._context, self._film, self._folder, self._draft = context, film, folder, draft
        self._behind = WriteBehind(self._write, 4)
        self._seen = 0

    def begin(self, shot: AnsweredShot) -> None:
        """Makes room for the shot's pictures."""
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)

    def take(self, answered: AnsweredFrame) -> None:
        """Hands a frame over to be drawn."""
        self._context.check()
        self._seen += 1
        if self._folder is None:
            self._context.tell(done=self._seen, frame=None, draft=self._draft)
        elif (answered.frame.index - self._first) % LIVE_STEP == 0:
            self._behind.put(answered)

    def _write(self, answered: AnsweredFrame) -> None:
        assert self._folder is not None
        assert answered.frame.planes is not None
        shown = self._film.in_color(answered.frame.planes, answered.answer.chroma, _LIVE_PX)
        partial = self._folder / ".partial"
        partial.write_bytes(jpeg(shown))
        partial.replace(self._folder / f"{answered.frame.index}.jpg")
        self._context.tell(done=answered.frame.index - self._first + 1, frame=answered.frame.index, draft=self._draft)

    _first = 0

    def __enter__(self) -> "_Live":
        self._behind.__enter__()
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """Waits for what is being drawn."""
        self._behind.__exit__(kind, error, trace)


def color_shot(context: Context, folder: str, signature: str, start: int, draft: bool, live: bool) -> dict[str, Any]:
    """Colors one shot of a project into its track, or into that of its drafts; ``signature`` is of the edits."""
    place = Path(folder)
    job = project_job(open_project(place))
    job = _draft_job(job, place) if draft else job
    name = f"{folder}|{signature}|{draft}"
    model = _loaded(job)
    context.check()
    if name not in _prepared:
        while len(_prepared) >= _MOST_PREPARED:
            _prepared.pop(next(iter(_prepared)))
        _prepared[name] = plan_project(job, model.identity, memory=_memory(place))
    prepared = _prepared[name]

    def sinks(inputs: Inputs, planned: PlannedShot) -> list[Sink]:
        film = VIEWER.film(str(inputs.film.source))
        sink = _Live(context, film, place / LIVE / str(start) if live else None, draft)
        sink._first = planned.shot.start
        return [sink]

    color_shots(prepared, [start], model, sinks=sinks)
    own = next(each for each in prepared.plan.shots if each.shot.start == start)
    return {"key": own.key, "start": own.shot.start, "stop": own.shot.stop, "size": list(prepared.inputs.size)}


def warm(context: Context, folder: str) -> None:
    """Loads a project's network, and that of its drafts, before they are asked for."""
    job = project_job(open_project(Path(folder)))
    draft = draft_of(job)
    for each in (job,) if draft is None else (draft, job):
        context.check()
        _loaded(each)


def _loaded(job: Job) -> Colorizer:
    """A job's network; draft and final of one model are both kept, those of another would ask for more memory."""
    choice = job.model
    settings = {**effort_chosen(job).settings, **choice.settings}
    model = repr((choice.model, choice.weights, choice.device, choice.precision, choice.restrict))
    name = (model, repr(sorted(settings.items(), key=str)))
    if name not in _models:
        for other in [each for each in _models if each[0] != model]:
            del _models[other]
        _models[name] = loaded_model(job)
    return _models[name]


def write(context: Context, folder: str, output: str, options: Mapping[str, object]) -> dict[str, Any]:
    """Writes the film in color; what is not colored yet is colored now."""
    project = open_project(Path(folder))
    Path(output).parent.mkdir(exist_ok=True)
    wanted = replace(project, output=Path(output), options={**project.options, **options})

    def progress(now: Progress) -> None:
        context.tell(done=now.frames_done, total=now.frames_total, frame=None, draft=False)

    result = run_project(wanted, None, Listeners(progress=progress))
    if result is None:
        return {"frames": None, "warnings": []}
    return {"frames": result.frames, "warnings": list(result.warnings)}
