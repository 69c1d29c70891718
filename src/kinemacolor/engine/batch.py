"""Many films, one after the other: what is there already is left, what cannot be colored does not stop the rest.

A manifest is a CSV with a line for each film; paths in it are as seen from its own folder. Besides ``input``,
``output`` and ``exemplars`` its columns are options of a run (``engine.job``) by name::

    input,output,exemplars,model
    reel1.mov,color/reel1.mp4,stills/reel1,
    reel2.mov,color/reel2.mp4,stills/a.png@120|stills/b.png,colormnet
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kinemacolor.engine.job import Job, option_fields
from kinemacolor.engine.run import Listeners, run
from kinemacolor.errors import KinemacolorError, OutputError, SettingError, reason_of
from kinemacolor.io.endings import colored_ending
from kinemacolor.io.table import read_table

_NEEDED = ("input", "output", "exemplars")
_NOT_HERE = frozenset({"source", "output", "exemplars", "overwrite", "settings"})


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """The outcome of a job: colored, colored though the input was damaged, there already, or failed and why."""

    job: Job
    state: Literal["done", "damaged", "there", "failed"]
    frames: int = 0
    seconds: float = 0.0
    message: str = ""


def read_manifest(path: Path, common: Mapping[str, object] | None = None) -> list[Job]:
    """The jobs of a manifest; ``common`` are options for all, which a line's own replace.

    Raises ``SettingError``, which names the line, where one cannot be read.
    """
    try:
        table = read_table(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"The manifest {path} cannot be read ({reason_of(error)}). Give a CSV file in UTF-8."
        ) from error
    options = [name for name in option_fields() if name not in _NOT_HERE]
    unknown = [name for name in table.columns if name not in (*_NEEDED, *options)]
    missing = [name for name in _NEEDED if name not in table.columns]
    faults = [f"'{name}' is no column of a manifest" for name in unknown]
    faults += [f"'{name}' is missing" for name in missing]
    if faults:
        raise SettingError(
            f"{path}, line {table.line}: {', '.join(faults)}. "
            f"A manifest needs {', '.join(_NEEDED)}, and may have {', '.join(options)}."
        )
    base, jobs = Job.of(common or {}), []
    for row in table.rows:
        if not all(row.cells[name] for name in _NEEDED):
            raise SettingError(f"{path}, line {row.line}: input, output and exemplars are all needed.")
        try:
            jobs.append(base.changed({name: cell for name, cell in row.cells.items() if cell}, folder=path.parent))
        except SettingError as error:
            raise SettingError(f"{path}, line {row.line}: {error}") from None
    return _distinct(jobs)


def jobs_for(
    films: Sequence[str], folder: Path, common: Mapping[str, object], *, ending: str | None = None
) -> list[Job]:
    """A job for each film, with the same options, into ``folder`` as ``reel.color.mp4`` (or the film's own ending).

    Raises ``SettingError`` where two films would become one file, ``OutputError`` where the folder is none.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file and no folder for films to go to. Give another name.")
    jobs = []
    for film in films:
        path = Path(film)
        output = folder / f"{path.stem}.color{ending or colored_ending(path)}"
        jobs.append(Job.of({**common, "source": film, "output": output}))
    return _distinct(jobs)


def _distinct(jobs: list[Job]) -> list[Job]:
    by_output: dict[Path, Job] = {}
    for job in jobs:
        other = by_output.setdefault(Path(job.output.output).absolute(), job)
        if other is not job:
            raise SettingError(
                f"{other.film.source} and {job.film.source} would both become {job.output.output}. Give them "
                "different outputs in a manifest."
            )
    return jobs


def make_home(output: Path) -> None:
    """Makes the folder for an output. Raises ``OutputError`` where that cannot be."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {output.parent} cannot be made ({reason_of(error)}).") from error


def is_there(job: Job) -> bool:
    """Whether a job's output is there and is to be left alone; False for a name that no file can have."""
    return os.path.exists(job.output.output) and not job.output.overwrite  # noqa: PTH110  # Path's raises for such a name


def _in_short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def run_batch(
    jobs: Sequence[Job], listeners: Listeners | None = None, *, unforeseen: Callable[[Exception], str] = _in_short
) -> Iterator[JobOutcome]:
    """Colors each film in turn and says what became of it as soon as it is known.

    A film whose output is there is left alone, unless its job says ``overwrite``: an output has its name only when it
    is complete. Folders for outputs are made. ``unforeseen`` words an error that nobody foresaw.
    """
    for job in jobs:
        if is_there(job):
            yield JobOutcome(job, "there")
            continue
        try:
            make_home(Path(job.output.output))
            result = run(job, listeners)
        except KinemacolorError as error:
            yield JobOutcome(job, "failed", message=str(error))
        except Exception as error:  # a night's work must not end with one film, whatever is wrong with it
            yield JobOutcome(job, "failed", message=unforeseen(error))
        else:
            state: Literal["done", "damaged"] = "damaged" if result.damaged else "done"
            yield JobOutcome(job, state, result.frames, result.seconds, " ".join(result.warnings))
