"""The inputs of a run, read and checked: every mistake that can be found before the work is found here."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.engine.job import ExemplarChoice, Job
from kinemacolor.engine.overlays import over_their_frames
from kinemacolor.engine.track import ENDING
from kinemacolor.errors import ExemplarError, InputError, ModelError, OutputError, SettingError
from kinemacolor.frames import Exemplar, ObjectMasks, Shot
from kinemacolor.io import Film, FrameReader, sequence
from kinemacolor.io import exemplars as stills
from kinemacolor.io import points as corrections
from kinemacolor.io.destination import require_home, spare_inputs
from kinemacolor.io.masks import open_masks
from kinemacolor.io.sequence import is_picture_name
from kinemacolor.models.cards import CARDS, Effort, card_of, effort_of
from kinemacolor.resize import fit

_LONGEST_NAME_BYTES = 255
_SHOWN_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp"})

WORKING_SIZE = 480
"""Short side in pixels that a model sees unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The film and the part of it, the exemplars as they were read and ``fitted`` to the working ``size``.

    ``size`` is (height, width). ``fitted`` has the order of ``exemplars``. ``masks`` are the film's objects, if any.
    ``bidirectional``: exemplars inside a shot color towards its start too. ``warnings`` are for the user.
    """

    job: Job
    film: Film
    span: Shot
    size: tuple[int, int]
    exemplars: tuple[Exemplar, ...]
    fitted: tuple[Exemplar, ...]
    masks: ObjectMasks | None
    bidirectional: bool
    warnings: tuple[str, ...]

    @property
    def frames_total(self) -> int | None:
        """How many frames are to be colored; None where the film does not say."""
        frames = self.film.info.frames
        return None if frames is None else min(frames, self.span.stop) - self.span.start

    @property
    def model_name(self) -> str:
        """The model's name; the class of one that was given loaded."""
        model = self.job.model.model
        return model if isinstance(model, str) else type(model).__name__

    @property
    def opened_again(self) -> Callable[[Shot], FrameReader] | None:
        """What opens the film anew at a part of it; None for a pipe."""
        return None if self.film.is_pipe else self.film.frames

    def late_bindings(self, frames: int) -> list[str]:
        """A line for each exemplar whose frame the film did not reach: news where its length was not known."""
        return [
            f"{exemplar.name} is bound to frame {exemplar.index}, which the film does not have."
            for exemplar in self.exemplars
            if exemplar.index is not None and exemplar.index >= self.span.start + frames
        ]


def prepare(job: Job) -> Inputs:
    """The inputs of a job.

    Raises ``InputError``, ``ExemplarError``, ``OutputError``, ``ModelError`` or ``SettingError`` for whatever in it
    cannot be used: the film, the part, a still, masks, the model's name, or a place where nothing can be written.
    """
    if not str(job.film.source):
        raise InputError("The film has no name. Give a film, a folder or pattern of pictures, or - (y4m).")
    _check_model(job)
    _check_places(job)
    warnings: list[str] = []
    film = Film.open(
        job.film.source,
        frame_rate=job.film.frame_rate,
        keep_sound=job.film.sound,
        deinterlace=job.film.deinterlace,
    )
    span = film.span(job.film.start, job.film.end)
    loaded = over_their_frames(film, exemplars_of(job.exemplars, film, warnings.append), warnings.append)
    size = fit(film.size, working_size_of(size_chosen(job)))
    masks = open_masks(job.model.masks) if job.model.masks is not None else None
    return Inputs(
        job=job,
        film=film,
        span=span,
        size=size,
        exemplars=tuple(loaded),
        fitted=tuple(fitted_to(film, size, loaded)),
        masks=masks,
        bidirectional=is_bidirectional(job),
        warnings=tuple(warnings),
    )


def require_sound_in_time(film: Film) -> None:
    """Raises ``SettingError`` where a film is retimed whose sound is kept: it would no longer fit its frames."""
    stored = film.stored.frame_rate if film.stored is not None else None
    if film.info.pace == 1 or not film.info.sound_is_kept or film.info.frame_rate is None or stored is None:
        return
    if any(stream.kind == "audio" for stream in film.info.streams):
        raise SettingError(
            f"{film.source} has sound that fits its frames at {float(stored):g} a second, and would not at "
            f"{float(film.info.frame_rate):g}. Leave it out with --no-sound, or leave --frame-rate out."
        )


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


def size_chosen(job: Job) -> str | int | None:
    """The working size as it is said, else the one of the effort that is asked of the named model."""
    choice = job.model
    if choice.working_size != "auto":
        return choice.working_size
    return effort_chosen(job).working_size or "auto"


def effort_chosen(job: Job) -> Effort:
    """The effort that is asked of the job's model.

    Raises ``ModelError`` where the model does not have it, or is given as an object, whose settings are its own.
    """
    choice = job.model
    if choice.effort == "default":
        return Effort()
    if not isinstance(choice.model, str):
        raise ModelError("An effort can be asked of a model by name only. Give the model its settings instead.")
    return effort_of(card_of(choice.model), choice.effort)


def draft_of(job: Job) -> Job | None:
    """The same job at the effort ``draft``, no larger than it is; None where it is a draft, or its model is given.

    Its settings and a smaller working size stay as they are said.
    """
    if job.model.effort == "draft" or not isinstance(job.model.model, str):
        return None
    draft = job.changed({"effort": "draft", "working_size": "auto"})
    wanted, own = (working_size_of(size_chosen(each)) for each in (job, draft))
    if wanted is not None and (own is None or wanted < own):
        return draft.changed({"working_size": wanted})
    return draft


def is_bidirectional(job: Job) -> bool:
    """Whether exemplars inside a shot color towards its start: as said, else as the named model has it, else not."""
    if job.exemplars.both_ways is not None:
        return job.exemplars.both_ways
    return isinstance(job.model.model, str) and card_of(job.model.model).bidirectional


def exemplars_of(
    choice: ExemplarChoice, film: Film, note: Callable[[str], None], *, required: bool = True
) -> list[Exemplar]:
    """The exemplars of a film: stills from files and folders, ready ``Exemplar`` objects, and points.

    ``note`` is told what is worth knowing of a file. Raises ``ExemplarError`` (or one of its classes) where one
    cannot serve, and where there is none at all though it is ``required``.
    """
    ready = [spec for spec in choice.exemplars if isinstance(spec, Exemplar)]
    files = [spec for spec in choice.exemplars if not isinstance(spec, Exemplar)]
    loaded = ready + stills.load(
        files,
        frames=film.exact_frames,
        frame_at=film.frame_at,
        place_of=film.place_of,
        note=note,
        length=film.length,
    )
    if required and not loaded:
        raise ExemplarError(
            "There is no exemplar, so there are no colors to take. Give at least one color still with --exemplar."
        )
    return loaded + corrections.exemplars_of(
        choice.points, film.info.display_size, frames=film.exact_frames, frame_at=film.frame_at
    )


def fitted_to(film: Film, size: tuple[int, int], exemplars: Sequence[Exemplar]) -> list[Exemplar]:
    """The exemplars at a working ``size`` (height, width) of the film, turned as its stored frames are."""
    info = film.info
    return [
        stills.fit_to(exemplar, size, info.sample_aspect, rotation_degrees=info.rotation_degrees)
        for exemplar in exemplars
    ]


def track_place(job: Job) -> Path | None:
    """Where the job's chroma track lies: beside the output or the folder of pictures, or as said; None for none.

    Raises ``SettingError`` where a pipe has none.
    """
    track, output = job.output.track, Path(job.output.output)
    if track is False:
        return None
    if str(job.film.source) == "-" or (track is True and str(output) == "-"):
        raise SettingError("A pipe has no chroma track: it cannot be read again. Leave --track out, or use files.")
    if track is not True:
        return Path(track)
    place = output.absolute().parent if is_picture_name(output) else output
    return place.with_name(place.name + ENDING)


def _check_model(job: Job) -> None:
    name = job.model.model
    effort_chosen(job)
    if not isinstance(name, str):
        return
    card = card_of(name)
    if job.model.masks is not None and not card.takes_masks:
        able = ", ".join(each.name for each in CARDS.values() if each.takes_masks)
        raise ModelError(f"Model '{name}' takes no object masks. Use --model {able}, or leave --masks out.")


def _check_places(job: Job) -> None:
    """Raises ``OutputError`` where a picture or a page could not be written: to be found before the work."""
    track = track_place(job)
    _check_name_length("output", Path(job.output.output), "Give a shorter one.")
    if track is not None:
        _check_name_length("chroma track", track, "Give the output a shorter one, or use --no-track.")
    if str(job.output.output) not in ("", "-"):
        pattern = sequence.pattern_for_output(Path(job.output.output))
        require_home(Path(job.output.output) if pattern is None else pattern.folder)
    pictures = (("strip", job.output.strip), ("preview", job.output.preview))
    for name, place in (("report", job.output.report), *pictures):
        if place is not None:
            _check_name_length(name, Path(place).with_suffix(".json"), "Give a shorter one.")
            _check_name_length(name, Path(place), "Give a shorter one.")
        if place is not None and (not Path(place).parent.is_dir() or Path(place).is_dir()):
            raise OutputError(
                f"The {name} cannot be written to {place}. Give the name of a file in a folder that exists."
            )
    for name, place in pictures:
        if place is not None and Path(place).suffix.lower() not in _SHOWN_ENDINGS:
            raise OutputError(f"The {name} {place} does not end like a picture to look at. Call it {place}.png.")
    spare_inputs(_written_by(job), files_read_by(job))


def _check_name_length(what: str, place: Path, remedy: str) -> None:
    length = len(os.fsencode(place.name))
    if length > _LONGEST_NAME_BYTES:
        raise OutputError(
            f"The name of the {what}, {place.name[:24]}..., has {length} bytes; {_LONGEST_NAME_BYTES} are the limit. "
            f"{remedy}"
        )


def _written_by(job: Job) -> list[Path]:
    """The files that a job writes; of pictures those that are there already and would be replaced."""
    output = Path(job.output.output)
    written = [] if str(output) == "-" else [output]
    pattern = sequence.pattern_for_output(output) if str(output) != "-" else None
    if pattern is not None:
        written += pattern.numbered()
    if job.output.report is not None:
        written += [Path(job.output.report), Path(job.output.report).with_suffix(".json")]
    return written + [Path(each) for each in (job.output.strip, job.output.preview) if each is not None]


def files_read_by(job: Job) -> list[Path]:
    """The files and folders that a job reads, as far as their names are known before they are opened."""
    stated = [spec for spec in job.exemplars.exemplars if not isinstance(spec, Exemplar)]
    stills_read = [stills.parse(spec)[0] for spec in stated]
    read = [Path(job.film.source), *stills_read, Path(job.shots.shots), Path(job.model.weights)]
    read += [Path(job.model.masks)] if job.model.masks is not None else []
    if sequence.is_sequence(Path(job.film.source)):
        with suppress(InputError, OSError):  # who opens the film says what is wrong with it
            read += sequence.pictures_of(Path(job.film.source))[0]
    for folder in (path for path in (*stills_read, Path(job.model.masks or "")) if str(path) != "."):
        with suppress(OSError):
            read += list(folder.rglob("*")) if folder.is_dir() else []
    return read
