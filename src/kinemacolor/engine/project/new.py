"""A new project: the film is looked at once for its shots and for the frames that the stills show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kinemacolor.engine.analysis.cuts import GRAY_WIDTH_PX, shots_between
from kinemacolor.engine.analysis.shot_list import ListedShot, write_shots
from kinemacolor.engine.analysis.survey import survey
from kinemacolor.engine.inputs import fitted_to
from kinemacolor.engine.job import Job
from kinemacolor.engine.project.bind import BoundStill, bind
from kinemacolor.engine.project.files import ENDING, Project, write_settings, write_stills
from kinemacolor.errors import ExemplarError, OutputError, OutputExistsError, reason_of
from kinemacolor.frames import Exemplar
from kinemacolor.io import Film
from kinemacolor.io import exemplars as stills_files
from kinemacolor.io.destination import require_home
from kinemacolor.io.endings import colored_ending
from kinemacolor.io.open import require_film_format
from kinemacolor.resize import fit


def new_project(
    film: str | Path,
    stills: Sequence[str | Path],
    *,
    folder: str | Path | None = None,
    output: str | Path | None = None,
    options: Mapping[str, object] | None = None,
    note: Callable[[str], None] | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> tuple[Project, list[BoundStill]]:
    """Makes a project's folder and files; the stills with the frames found for them.

    Args:
        film: a film, or a folder or pattern of pictures.
        stills: files or folders of pictures; the frame in a name is checked against what the picture shows. None
            for a project whose stills come later.
        folder: where; None is beside the film, ``reel.kinemacolor``.
        output: the film to write; None is ``reel.color.mp4`` (or the film's own kind) in the folder.
        options: those of a run (``engine.job``) to begin with.
        note: told what is worth knowing of a still's file.

    Raises:
        InputError, ExemplarError, OutputError: before anything is made.
        CodecError: where the output cannot hold the codec that is asked for, before the film is looked through.
    """
    source = Path(film)
    place = Path(folder) if folder is not None else source.with_name(source.stem + ENDING)
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise OutputExistsError(f"{place} exists already. Give another folder with -o, or delete it.")
    if not place.parent.is_dir():
        raise OutputError(f"There is no folder {place.parent} to make {place.name} in. Make it first.")
    for each in (source, place, *stills):
        _require_text(str(each))
    target = Path(output) if output is not None else place / f"{source.stem}.color{colored_ending(source)}"
    job = Job.of({**(options or {}), "output": target})
    opened = Film.open(source, frame_rate=job.film.frame_rate)
    if output is not None:
        require_home(target)
    wanted = job.output
    require_film_format(
        target, opened.info, codec=wanted.codec, quality=wanted.quality, pixel_format=wanted.pixel_format
    )
    loaded = _loaded(stills, opened, note)
    with opened.frames() as reader:
        found = survey(reader, stills=[exemplar for _, exemplar in loaded], progress=_told(progress, opened))
    paths, named = [path for path, _ in loaded], [exemplar.index for _, exemplar in loaded]
    bound = bind(paths, named, found.places, found.frames)
    project = Project(place, source, target, dict(options or {}))
    try:
        place.mkdir(exist_ok=True)
        write_settings(project)
    except OSError as error:
        raise OutputError(f"{place} cannot be written to ({reason_of(error)}). Choose another folder.") from error
    shots = [ListedShot(shot) for shot in shots_between(found.cuts, 0, found.frames)]
    write_shots(project.shots, shots, opened.info.frame_rate)
    write_stills(project, bound)
    return project, bound


def _require_text(name: str) -> None:
    """Raises ``OutputError`` for a name whose bytes are no text: a project writes names into files that are."""
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = name.encode(errors="backslashreplace").decode()
        raise OutputError(
            f"The name {shown} is no text in UTF-8, and a project keeps names as text. Rename it."
        ) from None


def _told(progress: Callable[[int, int | None], None] | None, film: Film) -> Callable[[int], None] | None:
    return None if progress is None else lambda seen: progress(seen, film.info.frames)


def _loaded(
    specs: Sequence[str | Path], film: Film, note: Callable[[str], None] | None
) -> list[tuple[Path, Exemplar]]:
    """The stills' files and pictures, at a small size; the index is what the name says, true or not."""
    size = fit(film.size, max(16, min(GRAY_WIDTH_PX, *film.size)))
    found: dict[Path, Exemplar] = {}
    for spec in specs:
        path, binding = stills_files.parse(spec)
        listed = stills_files.pictures_in(path, note=note) if path.is_dir() else [path]
        for each in listed:
            place = stills_files.parse(each)[1] if path.is_dir() else binding
            if path.is_dir() or str(path) == str(Path(spec)):
                place = place if (known := film.place_of(each.name)) is None else known
            (exemplar,) = stills_files.load([f"{each}@none"], note=note)
            (fitted,) = fitted_to(film, size, [exemplar])
            found[each] = replace(fitted, index=None if place is None else film.frame_at(place))
    if specs and not found:
        raise ExemplarError("There is no still. Give color stills, or a folder of them, with --exemplars.")
    return sorted(found.items())
