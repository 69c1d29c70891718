"""File to file: a film and its exemplars to a film in colour."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Literal

import torch

from kinemacolor.engine.answers import Answers, ShotOutcome
from kinemacolor.engine.assign import references_for
from kinemacolor.engine.compose import frame_in_color
from kinemacolor.engine.exemplars.applied import WithExemplars
from kinemacolor.engine.given import given_of, late_bindings
from kinemacolor.engine.output import Watcher, write_answers
from kinemacolor.engine.pipeline import read_ahead
from kinemacolor.engine.plan import header_of, plan_of, with_keys
from kinemacolor.engine.report import Facts, Gallery, note_of, require_place, write_report
from kinemacolor.engine.shot import colorize_shot
from kinemacolor.engine.strip import Strip
from kinemacolor.engine.track import ENDING, ChromaTrack
from kinemacolor.engine.track.keys import folder_signature
from kinemacolor.errors import SettingError
from kinemacolor.frames import Exemplar, Frame, Shot
from kinemacolor.io import exemplars as stills
from kinemacolor.io import has_visible_color, open_reader, open_writer
from kinemacolor.io.masks import open_masks
from kinemacolor.io.sequence import is_picture_name
from kinemacolor.models.base import Answer, Colorizer
from kinemacolor.models.cards import card_of
from kinemacolor.models.default import DEFAULT
from kinemacolor.models.load import load_model
from kinemacolor.resize import fit

WORKING_SIZE = 480
"""Short side in pixels that a model sees unless told otherwise."""

_FRAMES_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come. ``frames_total`` is None where the film does not say."""

    frames_done: int
    frames_total: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Result:
    """What a run has done, shot by shot in ``shots``. ``damaged``: the input was, and ``warnings`` say where."""

    output: str
    frames: int
    seconds: float
    warnings: tuple[str, ...]
    damaged: bool
    shots: tuple[ShotOutcome, ...] = ()


def working_size_of(text: str | int | None) -> int | None:
    """The short side in pixels of ``auto``, ``native`` (None) or a number. Raises ``SettingError``."""
    if text is None or text == "native":
        return None
    if text == "auto":
        return WORKING_SIZE
    try:
        return int(text)
    except ValueError:
        raise SettingError(f"Working size '{text}' is neither a number of pixels nor 'native'.") from None


def colorize_frames(
    frames: Iterable[Frame],
    exemplars: Sequence[Exemplar],
    *,
    model: Colorizer | str = DEFAULT,
    size: tuple[int, int],
    working_size: str | int | None = "auto",
    both_ways: bool | None = None,
) -> Iterator[Frame]:
    """The frames of one shot, as RGB frames in colour, each as soon as the model can give it.

    ``frames`` are RGB frames of one ``size`` (height, width); exemplar indices count from the first of them.
    ``both_ways`` says whether exemplars inside colour towards the start too, for which up to 96 frames are held back;
    None is the default of a model given by name, and no for a loaded one. Memory does not grow with their number.
    """
    colorizer = load_model(model) if isinstance(model, str) else model
    suited = WithExemplars(colorizer, bidirectional=_back(model, both_ways))
    for frame, answer in answered_frames(frames, exemplars, suited, size, working_size):
        yield frame_in_color(frame, answer.chroma)


def answered_frames(
    frames: Iterable[Frame],
    exemplars: Sequence[Exemplar],
    model: Colorizer,
    size: tuple[int, int],
    working_size: str | int | None = "auto",
) -> Iterator[tuple[Frame, Answer]]:
    """The frames of one shot with the model's answers at the working size; arguments as of ``colorize_frames``."""
    inner = fit(size, working_size_of(working_size))
    fitted = [stills.fit_to(exemplar, inner, Fraction(1)) for exemplar in exemplars]
    return colorize_shot(frames, references_for(Shot(0, 2**62), fitted), model, inner)


def _back(model: Colorizer | str, both_ways: bool | None) -> bool:
    return (isinstance(model, str) and card_of(model).bidirectional) if both_ways is None else both_ways


class _Tally:
    """Counts the frames that are done and tells ``progress``; warns of a film that is in colour already."""

    def __init__(
        self, source: str | Path, total: int | None, warnings: list[str], progress: Callable[[Progress], None] | None
    ) -> None:
        self.done = 0
        self._source, self._total, self._warnings, self._progress = source, total, warnings, progress
        self._began = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since this began."""
        return time.perf_counter() - self._began

    def __call__(self, frame: Frame) -> None:
        if self.done == 0 and frame.planes is not None and has_visible_color(frame.planes):
            self._warnings.append(f"{self._source} is in colour or tinted already. Only its luma is used.")
        self.done += 1
        if self._progress is not None:
            self._progress(Progress(self.done, self._total, self.seconds))


def _track_at(track: bool | str | Path, source: str | Path, output: str | Path) -> ChromaTrack | None:
    if track is False:
        return None
    if str(source) == "-" or (track is True and str(output) == "-"):
        raise SettingError("A pipe has no chroma track: it cannot be read again. Leave --track out, or use files.")
    return ChromaTrack(_beside(Path(output)) if track is True else Path(track))


def _beside(output: Path) -> Path:
    """The track's place beside a film, or beside the folder that numbered pictures go to."""
    place = output.absolute().parent if is_picture_name(output) else output
    return place.with_name(place.name + ENDING)


def colorize_video(
    source: str | Path,
    output: str | Path,
    exemplars: Sequence[str | Path | Exemplar],
    *,
    model: str | Colorizer = DEFAULT,
    weights: str | Path = "default",
    accept_license: bool = False,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    working_size: str | int | None = "auto",
    start: str | int | None = None,
    end: str | int | None = None,
    codec: str | None = None,
    quality: float | None = None,
    pixel_format: str | None = None,
    frame_rate: str | Fraction = "24",
    masks: str | Path | None = None,
    restrict: Literal["dense"] | None = None,
    settings: Mapping[str, object] | None = None,
    points: Sequence[str] = (),
    both_ways: bool | None = None,
    shots: str | Path = "auto",
    track: bool | str | Path = False,
    strip: str | Path | None = None,
    report: str | Path | None = None,
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
    surveying: Callable[[int, int | None], None] | None = None,
    fetching: Callable[[int, int | None], None] | None = None,
) -> Result:
    """Colours a film; the output's luma plane is the source's own, sound and all else is copied.

    With a ``track`` the network's work is kept shot by shot: the same call after an interruption goes on from there,
    and after a change computes only the shots that depend on what has changed.

    Args:
        source: a film, a folder or pattern of pictures, or ``-`` for y4m on stdin.
        output: likewise; appears under its name only when complete.
        exemplars: files (``still.png@123``), folders, or ``Exemplar`` objects whose index is a frame of ``source``.
        model: a name of ``models.cards.CARDS``, or a loaded model (then ``weights`` ... ``dtype`` do not apply).
        working_size: short side in pixels that the model sees, ``"auto"`` or ``"native"``.
        start: first frame (number from 0) or time (``"00:01:02.5"``); ``end`` is the one to stop before.
        codec: h264, h265, av1, vp9, prores, dnxhr, ffv1 or an encoder's name; None suits the container.
        quality: on the encoder's own scale.
        masks: object masks of the film for a model that takes them: a folder of index maps, or a COCO-style file.
        restrict: ``"dense"`` restricts ColorMNet's memory to where tracks lead (``load_model``).
        settings: the model's own, by name (``load_model``).
        points: corrections, ``x,y@frame=#rrggbb`` in pixels of the displayed picture, carried through their shots.
        both_ways: whether exemplars inside a shot colour towards its start too; None is the model's default.
        shots: ``"auto"`` finds the film's cuts in a pass before colouring, ``"none"`` takes it as one shot, else the
            path of a shot list. Each shot is coloured by itself, from the exemplars that concern it.
        track: the folder of the chroma track; True is the output's name with ``.kctrack``, False keeps none.
        strip: where to write a side-by-side picture of a few frames.
        report: where to write a page (HTML, and JSON beside it) on shots, stills, confidence and provenance.
        progress: called after each frame; ``surveying`` with frames seen and frames in all while cuts are sought.

    Raises:
        InputError, ExemplarError, OutputError, ModelError, SettingError: all before the first frame is coloured,
            but for a disk that fills up.
    """
    if report is not None:
        require_place(Path(report))
    given = given_of(
        source,
        exemplars,
        points=points,
        start=start,
        end=end,
        short_side_px=working_size_of(working_size),
        frame_rate=frame_rate,
    )
    span, warnings, total = given.span, given.warnings, given.frames_total
    objects = open_masks(masks) if masks is not None else None
    back = _back(model, both_ways)
    name = model if isinstance(model, str) else type(model).__name__
    pictures = Strip(strip, given.exemplars, total) if strip is not None else None
    with ExitStack() as stack:
        folder = _track_at(track, source, output)
        if folder is not None:
            stack.enter_context(folder)
        reader = stack.enter_context(open_reader(source, start=span.start, stop=span.stop, frame_rate=frame_rate))
        writer = stack.enter_context(
            open_writer(
                output,
                reader,
                codec=codec,
                quality=quality,
                pixel_format=pixel_format,
                note=note_of(name, given.exemplars, given.size),
                overwrite=overwrite,
            )
        )
        if folder is not None:
            folder.note_run(writer.partial)
        colorizer = (
            load_model(
                model,
                weights=weights,
                device=device,
                dtype=dtype,
                restrict=restrict,
                settings=settings,
                accept_license=accept_license,
                progress=fetching,
            )
            if isinstance(model, str)
            else model
        )
        suited = WithExemplars(colorizer, bidirectional=back)
        warnings.extend(suited.notes)
        plan = plan_of(
            source,
            given.info,
            span,
            given.fitted,
            shots=shots,
            frame_rate=frame_rate,
            memory=None if folder is None else folder.survey,
            progress=None if surveying is None else lambda seen: surveying(seen, total),
        )
        warnings.extend(plan.warnings)
        if folder is not None:
            plan = with_keys(
                plan,
                size=given.size,
                model=suited.identity,
                extras=() if masks is None else (folder_signature(Path(masks)),),
            )
            folder.write_header(header_of(plan, given.info, span, given.size, model=name))
        answers = Answers(plan, suited, given.size, folder, objects)
        gallery = Gallery([planned.shot.start for planned in plan.shots]) if report is not None else None
        watchers: list[Watcher] = [watcher for watcher in (pictures, gallery) if watcher is not None]
        tally = _Tally(source, total, warnings, progress)
        write_answers(answers.of(read_ahead(reader, _FRAMES_AHEAD)), writer, watchers=watchers, after=tally)
        if folder is not None:
            folder.prune([(planned.shot, planned.key) for planned in plan.shots])
    if end is None:
        warnings.extend(late_bindings(given, tally.done))
    damaged = sum(outcome.notes.damaged for outcome in answers.outcomes)
    if damaged:
        warnings.append(f"The model gave no number for part of {damaged} frames; that part is gray.")
    if pictures is not None:
        pictures.save()
    seconds = tally.seconds
    told = (*given.info.warnings, *reader.warnings, *writer.warnings, *warnings)
    if report is not None and gallery is not None:
        chosen = {
            "weights": None if str(weights) == "default" else str(weights),
            "working size": f"{given.size[1]}x{given.size[0]}",
            "precision": None if dtype is None else str(dtype).removeprefix("torch."),
            "start": start,
            "end": end,
            "shots": str(shots),
            "masks": masks,
            "restrict": restrict,
            "both ways": back,
            "points": list(points) or None,
            **(settings or {}),
        }
        facts = Facts(given.info, str(output), name, chosen, given.exemplars, answers.outcomes, told, seconds)
        write_report(Path(report), facts, gallery.pictures)
    return Result(
        output=str(output),
        frames=tally.done,
        seconds=seconds,
        warnings=told,
        damaged=bool(reader.warnings) or bool(damaged),
        shots=tuple(answers.outcomes),
    )
