"""Many films, one after the other: what is there already is left, what cannot be colored does not stop the rest.

A manifest is a CSV with a line for each film; paths in it are as seen from its own folder. Besides ``input``,
``output`` and ``exemplars`` its columns are options of a run (``engine.job``) by name::

    input,output,exemplars,model
    reel1.mov,color/reel1.mp4,stills/reel1,
    reel2.mov,color/reel2.mp4,stills/a.png@120|stills/b.png,colormnet
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kinemacolor.engine.job import Job, option_fields
from kinemacolor.engine.run import Listeners, run
from kinemacolor.errors import KinemacolorError, OutputError, SettingError

_NEEDED = ("input", "output", "exemplars")
_NOT_HERE = frozenset({"source", "output", "exemplars", "overwrite", "settings"})


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """What became of a job: colored, colored though the input was damaged, there already, or failed and why."""

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
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"The manifest {path} cannot be read ({error}). Give a CSV file in UTF-8.") from error
    rows = csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.partition("\n")[0] else ",")
    names = [name.strip().lower() for name in rows.fieldnames or ()]
    rows.fieldnames = names
    options = [name for name in option_fields() if name not in _NOT_HERE]
    wrong = [name for name in names if name not in (*_NEEDED, *options)] + [n for n in _NEEDED if n not in names]
    if wrong:
        raise SettingError(
            f"{path}, line 1: '{wrong[0]}' is missing or no column of a manifest. It needs {', '.join(_NEEDED)}, and "
            f"may have {', '.join(options)}."
        )
    base, jobs = Job.of(common or {}), []
    for row in rows:
        cells = {name: (cell or "").strip() for name, cell in row.items() if isinstance(name, str)}
        if not any(cells.values()):
            continue
        if not all(cells.get(name) for name in _NEEDED):
            raise SettingError(f"{path}, line {rows.line_num}: input, output and exemplars are all needed.")
        try:
            jobs.append(base.changed({name: cell for name, cell in cells.items() if cell}, folder=path.parent))
        except SettingError as error:
            raise SettingError(f"{path}, line {rows.line_num}: {error}") from None
    return _distinct(jobs)


def jobs_for(
    films: Sequence[str], folder: Path, common: Mapping[str, object], *, ending: str | None = None
) -> list[Job]:
    """A job for each film, with the same options, into ``folder`` as ``reel.color.mp4`` (or the film's own ending).

    Raises ``SettingError`` where two films would become one file, ``OutputError`` where there is no folder.
    """
    if not folder.is_dir():
        raise OutputError(f"There is no folder {folder} for the films to go to. Make it first.")
    jobs = []
    for film in films:
        path = Path(film)
        own = ending or (path.suffix if path.suffix.lower() in (".mp4", ".mov", ".mkv", ".m4v") else ".mp4")
        jobs.append(Job.of({**common, "source": film, "output": folder / f"{path.stem}.color{own}"}))
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


def run_batch(jobs: Sequence[Job], listeners: Listeners | None = None) -> Iterator[JobOutcome]:
    """Colors each film in turn and says what became of it as soon as it is known.

    A film whose output is there is left alone, unless its job says ``overwrite``: an output has its name only when it
    is complete.
    """
    for job in jobs:
        if Path(job.output.output).exists() and not job.output.overwrite:
            yield JobOutcome(job, "there")
            continue
        try:
            result = run(job, listeners)
        except KinemacolorError as error:
            yield JobOutcome(job, "failed", message=str(error))
        except Exception as error:  # a night's work must not end with one film, whatever is wrong with it
            yield JobOutcome(job, "failed", message=f"{type(error).__name__}: {error}")
        else:
            state: Literal["done", "damaged"] = "damaged" if result.damaged else "done"
            yield JobOutcome(job, state, result.frames, result.seconds, " ".join(result.warnings))
