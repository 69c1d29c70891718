"""The tasks of helper processes, by name: each takes a ``Context`` and plain values, and gives plain values back."""

import io
import json
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinemacolor.engine.analysis.cuts import GRAY_WIDTH_PX, gray_of
from kinemacolor.engine.analysis.still_finder import StillFinder, StillPlace
from kinemacolor.engine.answers import AnsweredFrame, AnsweredShot
from kinemacolor.engine.inputs import Inputs, exemplars_of, fitted_to, size_chosen, working_size_of
from kinemacolor.engine.job import ExemplarChoice, Job
from kinemacolor.engine.paint import Canvas, strokes_on
from kinemacolor.engine.pipeline import WriteBehind
from kinemacolor.engine.plan import PlannedShot
from kinemacolor.engine.project import (
    Prepared,
    color_shots,
    identity_of_job,
    new_project,
    open_project,
    plan_project,
    project_job,
    run_project,
)
from kinemacolor.engine.run import Listeners, loaded_model
from kinemacolor.engine.sinks import Progress, Sink
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.errors import KinemacolorError
from kinemacolor.frames import Exemplar, Frame, Shot, size_of
from kinemacolor.io import Film
from kinemacolor.io import exemplars as stills_files
from kinemacolor.io.destination import write_file
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.pictures import read_picture
from kinemacolor.layers.place_features import PlaceEncoder
from kinemacolor.models.base import Colorizer
from kinemacolor.resize import fit, resize, resize_picture
from kinemacolor.studio.calls import Context
from kinemacolor.studio.edits import Edits
from kinemacolor.studio.limits import Limits
from kinemacolor.studio.pictures import (
    SHORT_SIDE_PX,
    THUMB_PX,
    ColorPlace,
    FilmPictures,
    Viewer,
    answer_at,
    jpeg,
    png,
    thumb,
    veil,
)
from kinemacolor.suggest.choose import suggest_among
from kinemacolor.suggest.confidence import read_confidence
from kinemacolor.suggest.film import Sample, look_through, samples_of

CACHE, DRAFT, LIVE = "cache", "draft", "cache/live"
DRAFT_PX = 128
"""Short side that a draft is colored at: a shot of three seconds in about as many."""

LIVE_STEP = 2
"""Of so many frames one is drawn while they are colored."""

_LIVE_PX = 320
_EVERY_FRAMES = 25
_SURE_LIKENESS = 0.9
_SAMPLES = 320
_VIEWER = Viewer()
_LOCK = threading.Lock()


def _counted(context: Context, what: str) -> Callable[[int, int | None], None]:
    """Tells how a pass over a film comes along, now and then."""

    def told(seen: int, total: int | None) -> None:
        if seen % _EVERY_FRAMES == 0:
            context.tell(what=what, done=seen, total=total)

    return told


# ---- a film comes in


def facts_of(info: FilmInfo, frames: int | None = None) -> dict[str, Any]:
    """The facts of a film that the page shows, as JSON."""
    height, width = info.display_size
    return {
        "width": info.width,
        "height": info.height,
        "shown": [width, height],
        "rate": None if info.frame_rate is None else float(info.frame_rate),
        "frames": frames if frames is not None else info.frames,
        "seconds": None if info.duration_seconds is None else float(info.duration_seconds),
        "codec": info.codec,
        "bits": info.bits,
        "sound": [each.codec for each in info.streams if each.kind == "audio"],
        "subtitles": sum(each.kind == "subtitle" for each in info.streams),
        "interlaced": info.interlaced,
        "in_color": info.has_color,
        "warnings": list(info.warnings),
    }


def probe(context: Context, source: str, limits: Limits) -> dict[str, Any]:
    """The facts of a film within the limits. Raises ``InputError`` for any other."""
    info = Film.open(source).info
    limits.check(info)
    return facts_of(info)


def survey(context: Context, source: str, folder: str, options: Mapping[str, object]) -> None:
    """Makes a film's project: one pass that finds its shots."""
    film = Film.open(source)
    new_project(source, [], folder=folder, options=options, progress=_counted(context, "Looking for cuts"))
    _keep_facts(film, Path(folder))


def facts(context: Context, folder: str) -> dict[str, Any]:
    """The facts of a project's film."""
    project = open_project(Path(folder))
    rate = Job.of(project.options).film.frame_rate
    return _keep_facts(Film.open(project.film, frame_rate=rate), Path(folder))


def _keep_facts(film: Film, folder: Path) -> dict[str, Any]:
    table = (folder / "shots.csv").read_text(encoding="utf-8").splitlines()
    frames = film.exact_frames
    with suppress(ValueError, IndexError):  # the list says what the pass over the film has counted
        start, _, count, *_ = table[-1].split(",")
        frames = int(start) + int(count)
    found = facts_of(film.info, frames)
    (folder / CACHE).mkdir(exist_ok=True)
    write_file(folder / CACHE / "facts.json", json.dumps(found).encode())
    return found


# ---- pictures


def picture(
    context: Context, source: str, frame: int, what: str, short_side_px: int | None, place: ColorPlace | None
) -> bytes | None:
    """A frame as JPEG (``source``, ``color``) or PNG (``png``, and ``veil``: how sure the model is), or None."""
    film = _VIEWER.film(source)
    if what == "source":
        return jpeg(film.source(frame, short_side_px))
    if what == "png":
        return png(film.source(frame, None))
    answer = None if place is None else answer_at(place, frame)
    if answer is None:
        return None
    if what == "veil":
        return None if answer.confidence is None else veil(film, answer.confidence)
    return jpeg(film.colored(frame, answer.chroma, short_side_px))


def small_picture(context: Context, source: str, frame: int, kept: str) -> bytes:
    """A frame for the strip; kept in a file."""
    data = thumb(_VIEWER.film(source), frame)
    with suppress(OSError):
        Path(kept).parent.mkdir(parents=True, exist_ok=True)
        write_file(Path(kept), data)
    return data


def still_picture(context: Context, path: str, short_side_px: int) -> bytes:
    """A still as JPEG, on mid-gray where it is transparent."""
    rgb, alpha = read_picture(Path(path))
    size = fit((rgb.shape[-2], rgb.shape[-1]), short_side_px)
    shown = resize_picture(rgb, size).float()
    if alpha is not None:
        part = torch.nn.functional.interpolate(alpha[None], size, mode="area")[0]
        shown = shown * part + 60 * (1 - part)
    return jpeg(shown.round().byte().permute(1, 2, 0).numpy())


# ---- painting

_canvases: dict[str, Canvas] = {}


def paint(context: Context, source: str, frame: int, strokes: bytes, keep: str | None) -> bytes:
    """A frame painted with strokes, as JPEG to look at; the whole still is written to the file ``keep``, if any.

    ``strokes`` is a PNG that is transparent but for them, of any size of the frame's shape.
    """
    canvas = _canvas(source, frame)
    with tempfile.TemporaryDirectory() as folder:
        layer_file = Path(folder) / "strokes.png"
        layer_file.write_bytes(strokes)
        rgb, alpha = read_picture(layer_file)
    size = size_of(canvas.frame)
    layer = resize_picture(rgb, size) if size_of(rgb) != size else rgb
    cover = None if alpha is None else resize(alpha, size)
    drawn = strokes_on(canvas.frame, layer, cover, name="The painting")
    if keep is None:
        return jpeg(canvas.preview(drawn).permute(1, 2, 0).numpy())
    made = canvas.still(drawn).permute(1, 2, 0).numpy()
    Path(keep).write_bytes(png(made))
    return jpeg(made)


def _canvas(source: str, frame: int) -> Canvas:
    """The canvas of a frame, kept while it is painted on."""
    name = f"{source}|{frame}"
    with _LOCK:
        if name not in _canvases:
            _canvases.clear()
            gray = torch.from_numpy(_VIEWER.film(source).source(frame, None))
            _canvases[name] = Canvas(gray.expand(3, -1, -1).contiguous())
        return _canvases[name]


# ---- stills


def _exemplar(film: Film, path: str, frame: int | None) -> Exemplar:
    (exemplar,) = stills_files.load([f"{path}@none"], frames=film.exact_frames)
    size = fit(film.size, max(16, min(GRAY_WIDTH_PX, *film.size)))
    (fitted,) = fitted_to(film, size, [exemplar])
    return replace(fitted, index=frame)


def check_still(context: Context, source: str, path: str, named: int | None, shown: int | None) -> dict[str, Any]:
    """Which frame a still is for: the one its name says, or the one that is being shown where it looks like that.

    Raises ``ExemplarError`` (or one of its classes) for a picture that cannot serve.
    """
    pictures = _VIEWER.film(source)
    asked = named if named is not None else shown
    still = _exemplar(pictures.film, path, asked)
    if asked is None:
        return {"frame": None, "note": "", "likeness": None}
    place = _place_among(pictures, still, [asked])
    like = None if place is None else place.likeness
    if named is None and (like is None or like < _SURE_LIKENESS):
        return {"frame": None, "note": "", "likeness": like}
    note = ""
    if like is not None and like < _SURE_LIKENESS:
        note = f"does not look like frame {asked} (likeness {like:.2f})"
    return {"frame": asked, "note": note, "likeness": like}


def _place_among(film: FilmPictures, still: Exemplar, frames: list[int]) -> StillPlace | None:
    finder = StillFinder([still])
    for number in frames:
        finder.add(number, gray_of(Frame(planes=film.planes(number), index=number)))
    return finder.places()[0]


def find_still(context: Context, source: str, path: str) -> dict[str, Any]:
    """The frame that a still shows, by a pass over the film; ``frame`` None where it is like none."""
    film = Film.open(source)
    finder, told = StillFinder([_exemplar(film, path, None)]), _counted(context, "Looking for the still's frame")
    with film.frames() as reader:
        for frame in reader:
            finder.add(frame.index, gray_of(frame))
            told(frame.index, film.info.frames)
    (place,) = finder.places()
    sure = place is not None and place.likeness >= _SURE_LIKENESS
    return {"frame": place.frame if sure and place is not None else None, "likeness": place and place.likeness}


def suggest(context: Context, folder: str, frames: int, count: int) -> list[dict[str, Any]]:
    """The frames to color next, the one that brings most first."""
    project, edits = open_project(Path(folder)), Edits(Path(folder), frames)
    film, shots = Film.open(project.film), [each.shot for each in edits.shots()]
    samples = _samples(context, film, shots, Path(folder))
    specs = tuple(f"{s.path}@{'none' if s.frame is None else s.frame}" for s in edits.stills())
    known = exemplars_of(ExemplarChoice(exemplars=specs), film, lambda line: None, required=False)
    sure: dict[int, float] = {}
    with suppress(KinemacolorError):  # nothing is colored yet
        sure = read_confidence(project.track)
    found = suggest_among(samples, shots, count, _encoder(), exemplars=known, confidence=sure)
    return [{"frame": s.frame, "gain": s.gain, "covered": s.covered, "shot": s.shot.start} for s in found]


@cache
def _encoder() -> PlaceEncoder:
    return PlaceEncoder()


def _samples(context: Context, film: Film, shots: list[Shot], folder: Path) -> list[Sample]:
    """Small pictures of the film; those of an earlier pass are used again, whatever its shots were."""
    kept = folder / CACHE / "samples.npz"
    try:
        with np.load(kept) as read:
            numbers, lumas = [int(n) for n in read["frames"]], torch.from_numpy(read["lumas"])
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, zlib.error):
        context.tell(what="Looking through the film", done=0, total=None)
        _, glances = look_through(film, shots=shots)
        taken = samples_of(shots, glances, _SAMPLES)
        numbers, lumas = [each.frame for each in taken], torch.stack([each.luma for each in taken])
        with suppress(OSError):
            kept.parent.mkdir(exist_ok=True)
            data = io.BytesIO()
            np.savez(data, frames=np.array(numbers), lumas=lumas.numpy())
            write_file(kept, data.getvalue())
    found = []
    for number, luma in zip(numbers, lumas):
        home = next((n for n, shot in enumerate(shots) if shot.start <= number < shot.stop), None)
        if home is not None:
            found.append((number, home, luma))
    held = [home for _, home, _ in found]
    return [Sample(number, home, len(shots[home]) / held.count(home), luma) for number, home, luma in found]


# ---- coloring

_models: dict[str, Colorizer] = {}
_identities: dict[str, str] = {}
_prepared: dict[str, Prepared] = {}


def _model_name(job: Job) -> str:
    return repr(job.model)


def _draft_job(job: Job, folder: Path) -> Job:
    final = working_size_of(size_chosen(job)) or DRAFT_PX
    return job.changed({"working_size": min(DRAFT_PX, final), "track": folder / DRAFT})


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
    heard = Listeners(surveying=_counted(context, "Comparing shots with stills"))
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
        while len(_prepared) > 3:
            _prepared.pop(next(iter(_prepared)))
        _prepared[name] = plan_project(job, model.identity, memory=_memory(place))
    prepared = _prepared[name]

    def sinks(inputs: Inputs, planned: PlannedShot) -> list[Sink]:
        film = _VIEWER.film(str(inputs.film.source))
        sink = _Live(context, film, place / LIVE / str(start) if live else None, draft)
        sink._first = planned.shot.start
        return [sink]

    color_shots(prepared, [start], model, sinks=sinks)
    own = next(each for each in prepared.plan.shots if each.shot.start == start)
    return {"key": own.key, "start": own.shot.start, "stop": own.shot.stop, "size": list(prepared.inputs.size)}


def warm(context: Context, folder: str | None, options: Mapping[str, object]) -> None:
    """Loads a model before it is asked for."""
    job = Job.of(options) if folder is None else project_job(open_project(Path(folder)))
    _loaded(job)


def _loaded(job: Job) -> Colorizer:
    name = _model_name(replace(job, model=replace(job.model, working_size=None)))
    if name not in _models:
        _models.clear()  # one at a time: two networks may not fit
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


TASKS: dict[str, Callable[..., Any]] = {
    "probe": probe,
    "survey": survey,
    "facts": facts,
    "picture": picture,
    "small_picture": small_picture,
    "still_picture": still_picture,
    "paint": paint,
    "check_still": check_still,
    "find_still": find_still,
    "suggest": suggest,
    "plan": plan,
    "color_shot": color_shot,
    "warm": warm,
    "write": write,
}

__all__ = ["CACHE", "DRAFT", "LIVE", "SHORT_SIDE_PX", "TASKS", "THUMB_PX"]
