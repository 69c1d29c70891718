"""The three pieces of work that a node is given: look through a film, color a shot of it, write it.

Each is what one machine does: ``prepare``, ``planned``, ``color_shots`` and ``run``. A process keeps the model and
the last films that it has opened, for the next piece.
"""

import os
import socket
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import torch

from kinemacolor.engine.batch import make_home
from kinemacolor.engine.cluster.places import signature_in_short
from kinemacolor.engine.exemplars.applied import WithExemplars
from kinemacolor.engine.inputs import Inputs, prepare, require_sound_in_time
from kinemacolor.engine.job import Job
from kinemacolor.engine.plan import Plan, PlannedShot, header_of
from kinemacolor.engine.project.shots import Prepared, color_shots
from kinemacolor.engine.run import Result, keyed, loaded_model, planned, run
from kinemacolor.engine.track import ChromaTrack, TrackHeader, stem_of
from kinemacolor.engine.track.parcel import Parcel, packed
from kinemacolor.errors import BusyError, KinemacolorError
from kinemacolor.frames import Shot
from kinemacolor.io.open import require_film_format
from kinemacolor.models.base import Colorizer
from kinemacolor.models.host_memory import peak_bytes

ValueT = TypeVar("ValueT")

_PRECISIONS = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
_FILMS_KEPT = 4
_BUSY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class ShotToColor:
    """A shot as a node is told of it: its frames, the places of its exemplars among the film's, and its key."""

    start: int
    stop: int
    exemplars: tuple[int, ...]
    key: str


@dataclass(frozen=True, slots=True)
class FilmPlan:
    """All that the nodes need to know of a film that was looked through.

    ``frames`` are those of the film, None where it does not say. ``signature`` is the hash of its bytes, ``in_short``
    one that takes no time. ``precision`` is the one that the model chose where it was to choose: another node might
    choose another. ``survey`` are the bytes of what was seen.
    """

    shots: tuple[ShotToColor, ...]
    signature: str | None
    in_short: str
    precision: str
    header: TrackHeader
    frames: int | None = None
    survey: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """A piece of work that was done: its ``value``, or what a user can mend, by whom, in what time and memory."""

    value: Any
    refused: str | None
    node: str
    seconds: float
    peak_bytes: int


class OtherFilmError(Exception):
    """This node sees another film, other stills or another model than the one that the plan was made for."""


def performed(act: Callable[..., object], given: tuple[object, ...]) -> Done:
    """The outcome of a piece of work. An error that a user can mend is an outcome, any other is raised."""
    began, value, refused = time.perf_counter(), None, None
    try:
        value = act(*given)
    except BusyError:
        time.sleep(_BUSY_SECONDS)  # an earlier try of this shot, on a node that is given up, may still be at it
        raise
    except KinemacolorError as error:
        refused = str(error)
    return Done(value, refused, socket.gethostname(), time.perf_counter() - began, peak_bytes())


def look_through(job: Job, survey: bytes | None = None) -> FilmPlan:
    """The plan of a job's film. ``survey`` is what was seen of it before, if it was.

    Raises as ``prepare`` does, and ``CodecError`` where the output cannot hold the film.
    """
    with tempfile.TemporaryDirectory(prefix="kinemacolor-") as scratch:
        inputs = prepare(in_scratch(job, Path(scratch)))
        require_sound_in_time(inputs.film)
        wanted = job.output
        require_film_format(
            wanted.output,
            inputs.film.info,
            codec=wanted.codec,
            quality=wanted.quality,
            pixel_format=wanted.pixel_format,
        )
        model = WithExemplars(loaded_model(job), bidirectional=inputs.bidirectional)
        memory = ChromaTrack(Path(scratch) / "survey")
        memory.path.mkdir()
        if survey is not None:
            memory.survey.write_bytes(survey)
        plan = planned(inputs, model, memory)
        seen = memory.survey.read_bytes() if memory.survey.is_file() else None
        return FilmPlan(
            shots=_shots_of(plan, inputs),
            signature=plan.signature,
            in_short=signature_in_short(Path(inputs.film.source)),
            precision=_PRECISIONS.get(getattr(model.model, "dtype", None), str(job.model.precision)),  # type: ignore[arg-type]
            header=header_of(plan, inputs, model=inputs.model_name),
            frames=inputs.frames_total,
            survey=seen,
        )


def color_shot(job: Job, plan_of: tuple[str | None, str], wanted: ShotToColor, folder: Path | None) -> Parcel:
    """One shot, colored. ``plan_of`` are the film's signature and the one in short.

    With a ``folder``, which all nodes see, the shot's files stay there, and what an earlier try has left of it is
    gone on from. Raises ``OtherFilmError`` where the shot's key is another here.
    """
    if folder is not None:
        return _colored(job, plan_of, wanted, folder / stem_of(wanted.start, wanted.key), with_bytes=False)
    with tempfile.TemporaryDirectory(prefix="kinemacolor-") as scratch:
        return _colored(job, plan_of, wanted, Path(scratch) / "track", with_bytes=True)


def write_film(job: Job) -> Result:
    """The film, written by the ordinary road from a track that has all of its shots. Raises as ``run`` does."""
    make_home(Path(job.output.output))
    return replace(run(job), shots=())


def in_scratch(job: Job, scratch: Path) -> Job:
    """The job of a node that colors and does not write: the output's kind stays, its place does not matter."""
    output = Path(job.output.output)
    return job.changed(
        {
            "output": scratch / f"kinemacolor-{os.getpid()}{output.suffix}",
            "report": None,
            "strip": None,
            "preview": None,
            "track": False,
        }
    )


def _shots_of(plan: Plan, inputs: Inputs) -> tuple[ShotToColor, ...]:
    place = {id(exemplar): i for i, exemplar in enumerate(inputs.fitted)}
    return tuple(
        ShotToColor(each.shot.start, each.shot.stop, tuple(place[id(e)] for e in each.exemplars), each.key)
        for each in plan.shots
    )


def _colored(
    job: Job, plan_of: tuple[str | None, str], wanted: ShotToColor, place: Path, *, with_bytes: bool
) -> Parcel:
    signature, in_short = plan_of
    inputs, model = _prepared(job, in_short), _model(job)
    shot = Shot(wanted.start, wanted.stop)
    unkeyed = Plan((PlannedShot(shot, tuple(inputs.fitted[i] for i in wanted.exemplars)),), signature)
    plan = keyed(unkeyed, inputs, WithExemplars(model, bidirectional=inputs.bidirectional))
    if plan.shots[0].key != wanted.key:
        raise OtherFilmError(
            f"{socket.gethostname()} sees another still, model or version of Kinemacolor than the node that looked "
            f"through {job.film.source}."
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    own = replace(inputs, job=inputs.job.changed({"track": place}))
    color_shots(Prepared(own, plan), [wanted.start], model)
    return packed(ChromaTrack(place), shot, wanted.key, with_bytes=with_bytes)


_films: OrderedDict[str, Inputs] = OrderedDict()
_models: OrderedDict[str, Colorizer] = OrderedDict()


def _prepared(job: Job, in_short: str) -> Inputs:
    """The job's inputs, those of the last films from memory."""
    if signature_in_short(Path(job.film.source)) != in_short:
        raise OtherFilmError(f"{socket.gethostname()} has another film at {job.film.source} than it was planned for.")
    scratch = Path(tempfile.gettempdir())  # nothing is written to it
    return _kept(_films, f"{job}{in_short}", lambda: prepare(in_scratch(job, scratch)), _FILMS_KEPT)


def _model(job: Job) -> Colorizer:
    return _kept(_models, str(job.model), lambda: loaded_model(job), 1)


def _kept(kept: "OrderedDict[str, ValueT]", name: str, make: Callable[[], ValueT], most: int) -> ValueT:
    if name not in kept:
        while len(kept) >= most:
            kept.popitem(last=False)
        kept[name] = make()
    kept.move_to_end(name)
    return kept[name]
