"""``kinemacolor batch``: many films, a table at the end."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinemacolor.models.default import DEFAULT

if TYPE_CHECKING:
    from kinemacolor.engine.batch import JobOutcome

SOME_FAILED = 4
_WORDS = {"done": "done", "damaged": "done, input damaged", "there": "there already", "failed": "FAILED"}


def batch(
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="[INPUT]...", help="Films, all coloured from the same stills.")
    ] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            help="Instead of films: a CSV of input,output,exemplars and, if wanted, model, codec, shots, ..."
        ),
    ] = None,
    folder: Annotated[Path | None, typer.Option("--folder", "-o", help="Where films in colour go.")] = None,
    exemplar: Annotated[
        list[str] | None, typer.Option("--exemplar", "-e", help="A colour still, or a folder. Repeatable.")
    ] = None,
    model: Annotated[str, typer.Option(help="See `kinemacolor models`. A manifest's own comes first.")] = DEFAULT,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, ...")] = "auto",
    accept_license: Annotated[bool, typer.Option(help="Agree to the licence of weights to be fetched.")] = False,
    working_size: Annotated[str, typer.Option(help="Short side in pixels that the network sees.")] = "auto",
    codec: Annotated[str | None, typer.Option(help="h264, h265, prores, ffv1, ...; else what suits.")] = None,
    track: Annotated[bool, typer.Option(help="Keep each film's colours in OUTPUT.kctrack, to resume.")] = True,
    overwrite: Annotated[bool, typer.Option(help="Colour also films whose output is there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Colour many films. One that fails does not stop the rest; run again, only what is missing is done."""
    from kinemacolor.cli.progress import Bar
    from kinemacolor.engine.batch import jobs_for, read_manifest, run_batch

    if (manifest is None) == (not inputs) or (inputs and folder is None):
        raise typer.BadParameter("Give films and --folder, or --manifest.")
    if manifest is not None:
        jobs = read_manifest(manifest)
    else:
        assert inputs is not None
        assert folder is not None
        jobs = jobs_for(inputs, folder, exemplar or [])
    options = {
        "model": model,
        "device": device,
        "accept_license": accept_license,
        "working_size": working_size,
        "codec": codec,
        "track": track,
    }
    outcomes = []
    for number, job in enumerate(jobs, 1):
        with Bar(shown=not quiet) as bar:
            (outcome,) = run_batch([job], options=options, overwrite=overwrite, progress=bar.update)
        outcomes.append(outcome)
        typer.echo(f"[{number}/{len(jobs)}] {job.source}: {_WORDS[outcome.state]}", err=True)
    _table(outcomes)
    failed = sum(outcome.state == "failed" for outcome in outcomes)
    if failed:
        raise typer.Exit(SOME_FAILED)
    if any(outcome.state == "damaged" for outcome in outcomes):
        raise typer.Exit(3)


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
            Text(Path(outcome.job.source).name),
            Text(_WORDS[outcome.state], style="red" if outcome.state == "failed" else ""),
            str(outcome.frames) if worked else "",
            f"{outcome.seconds:.1f}" if worked else "",
            Text(outcome.message),
        )
    Console().print(table)
    counts = {state: sum(outcome.state == state for outcome in outcomes) for state in _WORDS}
    typer.echo(", ".join(f"{count} {_WORDS[state]}" for state, count in counts.items() if count))
