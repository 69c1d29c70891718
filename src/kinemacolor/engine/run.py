"""The road: a job becomes inputs, a plan, answers, and a film in color.

::

    Job -> prepare -> Inputs -> plan -> Answers (from the track, else the model) -> pour -> film, track, strip, ...
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from kinemacolor.engine.answers import Answers
from kinemacolor.engine.exemplars.applied import WithExemplars
from kinemacolor.engine.inputs import Inputs, effort_chosen, prepare, require_sound_in_time, track_place
from kinemacolor.engine.job import Job
from kinemacolor.engine.memory import release, smaller_size
from kinemacolor.engine.pipeline import read_ahead
from kinemacolor.engine.plan import Plan, header_of, plan_of, with_keys
from kinemacolor.engine.report import Facts, note_of, write_report
from kinemacolor.engine.sinks import (
    FilmSink,
    Gallery,
    PictureSink,
    Preview,
    Progress,
    ProgressSink,
    ShotOutcome,
    Sink,
    Strip,
    Summary,
    TrackSink,
    pour,
)
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.track.keys import folder_signature
from kinemacolor.errors import OutputError, is_out_of_memory
from kinemacolor.io import FrameReader, FrameWriter, open_writer
from kinemacolor.models.base import Colorizer
from kinemacolor.models.load import dtype_of, load_model

FRAMES_AHEAD = 4
"""How many frames are decoded ahead of the model."""


@runtime_checkable
class Identified(Protocol):
    """A model as far as a plan knows it."""

    @property
    def identity(self) -> str:
        """That of ``Colorizer``."""
        ...


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told how a run comes along.

    ``prepared`` with what was read and bound, and ``noticed`` with a line for each thing worth knowing, both before
    the work; ``progress`` after each frame;
    ``surveying`` with frames seen and frames in all while the film is looked through;
    ``fetching`` with bytes there and bytes in all (None: unknown) while weights come in.
    """

    progress: Callable[[Progress], None] | None = None
    surveying: Callable[[int, int | None], None] | None = None
    fetching: Callable[[int, int | None], None] | None = None
    prepared: Callable[[Inputs], None] | None = None
    noticed: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a run, shot by shot in ``shots``. ``damaged``: the input was, and ``warnings`` say where."""

    output: str
    frames: int
    seconds: float
    warnings: tuple[str, ...]
    damaged: bool
    shots: tuple[ShotOutcome, ...] = ()


def run(job: Job, listeners: Listeners | None = None) -> Result:
    """Colors the job's film and writes what the job asks for.

    Raises ``InputError``, ``ExemplarError``, ``OutputError``, ``ModelError`` or ``SettingError``, all before the
    first frame is colored, but for a disk that fills up; where memory does not suffice, ``MemoryError`` or what the
    library has, after all that can be done with less has been tried (``engine.memory``).
    """
    heard = listeners or Listeners()
    if not str(job.output.output):
        raise OutputError("The output has no name. Give one with --output, such as film.color.mp4.")
    reduced: list[str] = []
    while True:
        inputs = prepare(job)
        try:
            return _colored(inputs, heard, reduced)
        except Exception as error:
            size = smaller_size(inputs.size) if is_out_of_memory(error) and job.model.allow_smaller else None
            if size is None:
                raise
        release()
        job = job.changed({"working_size": size})
        before = min(inputs.size)
        reduced = [f"The memory did not suffice for a working size of {before} lines. The film is colored at {size}."]


def _colored(inputs: Inputs, heard: Listeners, reduced: Sequence[str]) -> Result:
    """Colors a prepared job; ``reduced`` are lines on what an earlier try made necessary."""
    job = inputs.job
    require_sound_in_time(inputs.film)
    if heard.prepared is not None:
        heard.prepared(inputs)
    summary = Summary(inputs.film.info)
    progress = ProgressSink(inputs.frames_total, heard.progress)
    with ExitStack() as stack:
        track = _entered_track(stack, job)
        reader = stack.enter_context(inputs.film.frames(inputs.span))
        writer = stack.enter_context(_writer(inputs, reader))
        if track is not None:
            track.note_run(writer.partial)
        model = WithExemplars(loaded_model(job, heard), bidirectional=inputs.bidirectional)
        plan = planned(inputs, model, track, heard)
        pictures = _pictures(inputs, plan)
        known = (*reduced, *_known_before(inputs, writer, model.notes, plan))
        if heard.noticed is not None:
            for line in known:
                heard.noticed(line)
        sinks: list[Sink] = [FilmSink(writer, pictures=list(pictures.values())), progress, summary]
        if track is not None:
            track.write_header(header_of(plan, inputs, model=inputs.model_name))
            sinks.insert(0, TrackSink(track))
        answers = Answers(plan, model, inputs.size, track=track, objects=inputs.masks, again=inputs.opened_again)
        with read_ahead(reader, FRAMES_AHEAD, sparing=answers.sparing) as frames:
            pour(answers.shots(frames), sinks)
        seen = _last_preview(pictures)
        if track is not None:
            track.prune([(each.shot, each.key) for each in plan.shots])
    found = (*reader.warnings, *reader.notes, *writer.warnings, *answers.warnings, *seen)
    warnings = (*known, *found, *_news(inputs, summary, progress.done))
    result = Result(
        output=str(job.output.output),
        frames=progress.done,
        seconds=progress.seconds,
        warnings=tuple(dict.fromkeys(warnings)),
        damaged=bool(reader.warnings) or bool(summary.damaged_frames),
        shots=tuple(summary.outcomes),
    )
    _finish(inputs, pictures, result)
    return result


def loaded_model(job: Job, listeners: Listeners | None = None) -> Colorizer:
    """The job's model, loaded unless it was given so. Raises as ``load_model`` does."""
    choice = job.model
    if not isinstance(choice.model, str):
        model: Colorizer = choice.model
        return model
    restricted = {"restrict": choice.restrict} if choice.restrict else {}
    return load_model(
        choice.model,
        weights=choice.weights,
        device=choice.device,
        dtype=dtype_of(choice.precision),
        settings={**effort_chosen(job).settings, **restricted, **choice.settings},
        accept_license=choice.accept_license,
        progress=None if listeners is None else listeners.fetching,
    )


def planned(
    inputs: Inputs,
    model: Identified,
    track: ChromaTrack | None = None,
    listeners: Listeners | None = None,
    *,
    advise: bool = True,
) -> Plan:
    """The shots of the inputs' film with their exemplars, and the key of each shot's colors by this model.

    ``advise`` as for ``plan_of``.
    """
    surveying = None if listeners is None else listeners.surveying
    total = inputs.frames_total
    plan = plan_of(
        inputs.film,
        inputs.span,
        inputs.fitted,
        shots=inputs.job.shots.shots,
        memory=None if track is None else track.survey,
        progress=None if surveying is None else lambda seen: surveying(seen, total),
        advise=advise,
    )
    return keyed(plan, inputs, model)


def keyed(plan: Plan, inputs: Inputs, model: Identified) -> Plan:
    """The plan with the key of each shot's colors by this model."""
    masks = inputs.job.model.masks
    extras = [] if masks is None else [folder_signature(Path(masks))]
    if inputs.film.is_deinterlaced:
        extras.append(f"deinterlaced, {inputs.film.info.fields_a_frame} a frame")
    return with_keys(plan, size=inputs.size, model=model.identity, extras=extras)


def _known_before(inputs: Inputs, writer: FrameWriter, notes: Sequence[str], plan: Plan) -> tuple[str, ...]:
    """The warnings that are known before the first frame is colored."""
    lines = (*inputs.film.info.warnings, *writer.warnings, *inputs.warnings, *notes, *plan.warnings)
    return tuple(dict.fromkeys(lines))


def _entered_track(stack: ExitStack, job: Job) -> ChromaTrack | None:
    place = track_place(job)
    return None if place is None else stack.enter_context(ChromaTrack(place, output=Path(job.output.output)))


def _writer(inputs: Inputs, reader: FrameReader) -> FrameWriter:
    wanted = inputs.job.output
    return open_writer(
        wanted.output,
        reader,
        codec=wanted.codec,
        quality=wanted.quality,
        pixel_format=wanted.pixel_format,
        note=note_of(inputs.model_name, inputs.exemplars, inputs.size),
        overwrite=wanted.overwrite,
    )


def _pictures(inputs: Inputs, plan: Plan) -> dict[str, PictureSink]:
    """The sinks for pictures that the job asks for, by name."""
    found: dict[str, PictureSink] = {}
    if inputs.job.output.strip is not None:
        found["strip"] = Strip(inputs.job.output.strip, inputs.exemplars, inputs.frames_total)
    if inputs.job.output.preview is not None:
        found["preview"] = Preview(inputs.job.output.preview)
    if inputs.job.output.report is not None:
        found["gallery"] = Gallery([each.shot.start for each in plan.shots])
    return found


def _last_preview(pictures: dict[str, PictureSink]) -> list[str]:
    """Shows the last frame where a preview is asked for, and gives what went wrong with it."""
    preview = pictures.get("preview")
    if not isinstance(preview, Preview):
        return []
    preview.show()
    return preview.warnings


def _news(inputs: Inputs, summary: Summary, frames: int) -> list[str]:
    """The warnings that are known only after the work."""
    lines = list(summary.warnings)
    if inputs.job.film.end is None:
        lines += inputs.late_bindings(frames)
    if summary.damaged_frames:
        lines.append(
            f"The model gave NaN or infinite values in part of {summary.damaged_frames} frames; that part is gray."
        )
    return lines


def _finish(inputs: Inputs, pictures: dict[str, PictureSink], result: Result) -> None:
    """Writes the strip and the report, where asked for."""
    strip, gallery = pictures.get("strip"), pictures.get("gallery")
    if isinstance(strip, Strip):
        strip.save()
    if isinstance(gallery, Gallery):
        facts = Facts(
            inputs.film.info,
            result.output,
            inputs.model_name,
            chosen_for_report(inputs),
            inputs.exemplars,
            result.shots,
            result.warnings,
            result.seconds,
        )
        write_report(Path(str(inputs.job.output.report)), facts, gallery.pictures)


def chosen_for_report(inputs: Inputs) -> dict[str, object]:
    """The user's choices for people to read: options that are not at their default, and what follows from them."""
    job = inputs.job
    left_out = {"source", "output", "exemplars", "model", "settings", "overwrite", "track", "strip", "report"}
    left_out |= {"preview", "accept_license", "working_size", "both_ways"}
    chosen = {name.replace("_", " "): value for name, value in job.chosen().items() if name not in left_out}
    size = f"{inputs.size[1]}x{inputs.size[0]}"
    return {"working size": size, "both ways": inputs.bidirectional, **chosen, **job.model.settings}
