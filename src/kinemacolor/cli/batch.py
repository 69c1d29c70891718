"""``kinemacolor batch``: many films, a table at the end."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinemacolor.cli import cluster
from kinemacolor.cli.crash import last_word
from kinemacolor.cli.options import takes_options
from kinemacolor.cli.screen import echo, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kinemacolor.engine.batch import JobOutcome
    from kinemacolor.engine.cluster.session import Cluster
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
            help="A CSV instead of films, as an INPUT that ends in .csv is by itself, with columns input, output, "
            "exemplars and, if wanted, any option of `colorize` (model, codec, shots, ...), which comes before the "
            "one given here."
        ),
    ] = None,
    folder: Annotated[Path | None, typer.Option("--folder", "-o", help="The folder for films in color.")] = None,
    ray: cluster.Address = None,
    ray_map: cluster.Maps = None,
    ray_cpus: cluster.Cpus = 1.0,
    ray_gpus: cluster.Gpus = None,
    ray_pieces: cluster.Pieces = "store",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Color nothing: say how many shots, hours and bytes it would take, and what is missing."
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")] = False,
) -> None:
    """Color many films, each in a process of its own, or with --ray their shots on many machines.

    One that fails, even by a crash, does not stop the rest; run again, only what is missing is done.
    """
    jobs, home = _asked_for(options, inputs, manifest, folder)
    wanted = None if ray is None else cluster.cluster_of(ray, ray_map, ray_cpus, ray_gpus, ray_pieces)
    if dry_run:
        cluster.show_forecast(jobs, wanted)
        return
    outcomes = _one_by_one(jobs, quiet) if wanted is None else _on_nodes(wanted, jobs, home, quiet)
    table = []
    for outcome in outcomes:
        table.append(outcome)
        echo(f"[{len(table)}/{len(jobs)}] {outcome.job.film.source}: {_WORDS[outcome.state]}", err=True)
    _table(table)
    failed = sum(outcome.state == "failed" for outcome in table)
    if failed:
        raise typer.Exit(SOME_FAILED)
    if any(outcome.state == "damaged" for outcome in table):
        raise typer.Exit(3)


def _asked_for(
    options: dict[str, object], inputs: list[str] | None, manifest: Path | None, folder: Path | None
) -> "tuple[list[Job], Path]":
    """The films to color, and the place that the run is told by: a manifest, or the folder for films in color."""
    from kinemacolor.engine.batch import jobs_for, read_manifest

    if manifest is None and folder is None and inputs is not None and inputs[0].lower().endswith(".csv"):
        inputs, manifest = inputs[1:], Path(inputs[0])
    if (manifest is None) == (not inputs) or (inputs and folder is None):
        raise typer.BadParameter("Give films and --folder, or a manifest.")
    if manifest is not None:
        return read_manifest(manifest, options), manifest
    assert inputs is not None
    assert folder is not None
    return jobs_for(inputs, folder, options), folder


def _one_by_one(jobs: "list[Job]", quiet: bool) -> "Iterator[JobOutcome]":
    from kinemacolor.engine.apart import CrashedError, in_own_process
    from kinemacolor.engine.batch import JobOutcome, is_there

    for job in jobs:
        try:
            yield JobOutcome(job, "there") if is_there(job) else in_own_process(colored, job, quiet)
        except CrashedError as error:
            yield JobOutcome(job, "failed", message=str(error))


def _on_nodes(wanted: "Cluster", jobs: "list[Job]", home: Path, quiet: bool) -> "Iterator[JobOutcome]":
    from kinemacolor.cli.outcome import going_on
    from kinemacolor.engine.batch import make_home
    from kinemacolor.engine.cluster.session import color_on

    if home.suffix.lower() != ".csv":
        make_home(home / "film")
    with going_on(kept=True), cluster.standing_bar(shown=not quiet) as told:
        yield from color_on(wanted, jobs, cluster.log_beside(home), say=cluster.say, told=told)


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
