"""``kinemacolor batch``: many films, a table at the end."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinemacolor.cli.crash import last_word
from kinemacolor.cli.options import takes_options
from kinemacolor.cli.screen import echo, shown

if TYPE_CHECKING:
    from kinemacolor.engine.batch import JobOutcome
    from kinemacolor.engine.job import Job

SOME_FAILED = 4
_WORDS = {"done": "done", "damaged": "done, input damaged", "there": "there already", "failed": "FAILED"}


@takes_options(
    ("exemplars", "model", "weights", "device", "accept_license", "working_size", "codec", "track", "overwrite"),
    track=True,
)
def batch(
    options: dict[str, object],
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="[INPUT]...", help="Films, all colored from the same stills.")
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            help="A CSV instead of films, with columns input, output, exemplars and, if wanted, any option of "
            "`colorize` (model, codec, shots, ...), which comes before the one given here."
        ),
    ] = None,
    folder: Annotated[Path | None, typer.Option("--folder", "-o", help="The folder for films in color.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")] = False,
) -> None:
    """Color many films, each in a process of its own.

    One that fails, even by a crash, does not stop the rest; run again, only what is missing is done.
    """
    from kinemacolor.engine.apart import CrashedError, in_own_process
    from kinemacolor.engine.batch import JobOutcome, is_there, jobs_for, read_manifest

    if (manifest is None) == (not inputs) or (inputs and folder is None):
        raise typer.BadParameter("Give films and --folder, or --manifest.")
    if manifest is not None:
        jobs = read_manifest(manifest, options)
    else:
        assert inputs is not None
        assert folder is not None
        jobs = jobs_for(inputs, folder, options)
    outcomes = []
    for number, job in enumerate(jobs, 1):
        try:
            outcome = JobOutcome(job, "there") if is_there(job) else in_own_process(colored, job, quiet)
        except CrashedError as error:
            outcome = JobOutcome(job, "failed", message=str(error))
        outcomes.append(outcome)
        echo(f"[{number}/{len(jobs)}] {job.film.source}: {_WORDS[outcome.state]}", err=True)
    _table(outcomes)
    failed = sum(outcome.state == "failed" for outcome in outcomes)
    if failed:
        raise typer.Exit(SOME_FAILED)
    if any(outcome.state == "damaged" for outcome in outcomes):
        raise typer.Exit(3)


def colored(job: "Job", quiet: bool) -> "JobOutcome":
    """The outcome of one film: what its own process does."""
    from kinemacolor.cli.progress import Bar
    from kinemacolor.engine.batch import run_batch

    with Bar(shown=not quiet) as bar:
        (outcome,) = run_batch([job], bar.listeners(), unforeseen=last_word)
    return outcome


def _table(outcomes: "list[JobOutcome]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("film", "state", "frames", "seconds", "note"):
        table.add_column(name, justify="right" if name in ("frames", "seconds") else "left", overflow="fold")
    for outcome in outcomes:
        worked = outcome.state in ("done", "damaged")
        table.add_row(
            Text(shown(Path(outcome.job.film.source).name)),
            Text(_WORDS[outcome.state], style="red" if outcome.state == "failed" else ""),
            str(outcome.frames) if worked else "",
            f"{outcome.seconds:.1f}" if worked else "",
            Text(shown(outcome.message)),
        )
    Console().print(table)
    counts = {state: sum(outcome.state == state for outcome in outcomes) for state in _WORDS}
    echo(", ".join(f"{count} {_WORDS[state]}" for state, count in counts.items() if count))
