"""Many films, one after the other: what is there already is left, what cannot be coloured does not stop the rest.

A manifest is a CSV with a line for each film; paths in it are as seen from its own folder::

    input,output,exemplars,model
    reel1.mov,color/reel1.mp4,stills/reel1,
    reel2.mov,color/reel2.mp4,stills/a.png@120|stills/b.png,colormnet
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kinemacolor.engine.video import Progress, Result, colorize_video
from kinemacolor.errors import KinemacolorError, OutputError, SettingError
from kinemacolor.io.endings import colored_ending
from kinemacolor.io.table import read_table

_NEEDED = ("input", "output", "exemplars")
_OPTIONS = (
    "model",
    "working_size",
    "start",
    "end",
    "codec",
    "quality",
    "pixel_format",
    "frame_rate",
    "shots",
    "report",
)
_PATHS = frozenset({"shots", "report"})
_BETWEEN_STILLS = "|"


@dataclass(frozen=True, slots=True)
class Job:
    """A film to colour; ``options`` are arguments of ``colorize_video`` by name."""

    source: str
    output: Path
    exemplars: tuple[str, ...]
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What became of a job: coloured, coloured though the input was damaged, there already, or failed and why."""

    job: Job
    state: Literal["done", "damaged", "there", "failed"]
    frames: int = 0
    seconds: float = 0.0
    message: str = ""


def read_manifest(path: Path) -> list[Job]:
    """The jobs of a manifest. Raises ``SettingError``, which names the line, where one cannot be read."""
    try:
        table = read_table(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"The manifest {path} cannot be read ({error}). Give a CSV file in UTF-8.") from error
    unknown = [name for name in table.columns if name not in (*_NEEDED, *_OPTIONS)]
    wrong = unknown + [name for name in _NEEDED if name not in table.columns]
    if wrong:
        raise SettingError(
            f"{path}, line {table.line}: '{wrong[0]}' is missing or no column of a manifest. "
            f"It needs {', '.join(_NEEDED)}, and may have {', '.join(_OPTIONS)}."
        )
    jobs = []
    for row in table.rows:
        if not all(row.cells[name] for name in _NEEDED):
            raise SettingError(f"{path}, line {row.line}: input, output and exemplars are all needed.")
        try:
            jobs.append(_job(path.parent, row.cells))
        except ValueError:
            raise SettingError(f"{path}, line {row.line}: '{row.cells['quality']}' is no quality.") from None
    return _distinct(jobs)


def _job(folder: Path, cells: Mapping[str, str]) -> Job:
    def seen(text: str) -> str:
        return str(folder / text)

    options: dict[str, object] = {name: cells[name] for name in _OPTIONS if cells.get(name)}
    if "quality" in options:
        options["quality"] = float(cells["quality"])
    for name in _PATHS & options.keys():
        if options[name] not in ("auto", "none"):
            options[name] = seen(str(options[name]))
    stills = tuple(seen(each.strip()) for each in cells["exemplars"].split(_BETWEEN_STILLS) if each.strip())
    return Job(seen(cells["input"]), folder / cells["output"], stills, options)


def jobs_for(films: Sequence[str], folder: Path, exemplars: Sequence[str], *, ending: str | None = None) -> list[Job]:
    """A job for each film, from the same stills, into ``folder`` as ``reel.color.mp4`` (or the film's own ending).

    Raises ``SettingError`` where two films would become one file, ``OutputError`` where there is no folder.
    """
    if not folder.is_dir():
        raise OutputError(f"There is no folder {folder} for the films to go to. Make it first.")
    jobs = []
    for film in films:
        path = Path(film)
        jobs.append(Job(film, folder / f"{path.stem}.color{ending or colored_ending(path)}", tuple(exemplars)))
    return _distinct(jobs)


def _distinct(jobs: list[Job]) -> list[Job]:
    by_output: dict[Path, Job] = {}
    for job in jobs:
        other = by_output.setdefault(job.output.absolute(), job)
        if other is not job:
            raise SettingError(
                f"{other.source} and {job.source} would both become {job.output}. Give them different outputs in a "
                "manifest."
            )
    return jobs


def run_batch(
    jobs: Sequence[Job],
    *,
    options: Mapping[str, object] | None = None,
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Iterator[JobOutcome]:
    """Colours each film in turn and says what became of it as soon as it is known.

    ``options`` are arguments of ``colorize_video`` for all; a job's own come first. A film whose output is there is
    left alone, unless ``overwrite``: an output has its name only when it is complete.
    """
    for job in jobs:
        if job.output.exists() and not overwrite:
            yield JobOutcome(job, "there")
            continue
        try:
            result = _colored(job, options or {}, overwrite=overwrite, progress=progress)
        except KinemacolorError as error:
            yield JobOutcome(job, "failed", message=str(error))
        except Exception as error:  # a night's work must not end with one film, whatever is wrong with it
            yield JobOutcome(job, "failed", message=f"{type(error).__name__}: {error}")
        else:
            state: Literal["done", "damaged"] = "damaged" if result.damaged else "done"
            yield JobOutcome(job, state, result.frames, result.seconds, " ".join(result.warnings))


def _colored(
    job: Job,
    options: Mapping[str, object],
    *,
    overwrite: bool,
    progress: Callable[[Progress], None] | None,
) -> Result:
    given = {"exemplars": list(job.exemplars), **options, **job.options}
    return colorize_video(job.source, job.output, overwrite=overwrite, progress=progress, **given)  # type: ignore[arg-type]
