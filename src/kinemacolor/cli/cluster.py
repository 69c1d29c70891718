"""The flags of commands that color on several machines, and what they show of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kinemacolor.cli.screen import echo, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from kinemacolor.engine.cluster.films import Standing
    from kinemacolor.engine.cluster.forecast import Forecast
    from kinemacolor.engine.cluster.session import Cluster
    from kinemacolor.engine.job import Job

Address = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="auto|local|HOST:PORT",
        help="Color on the nodes of a Ray cluster: auto is the one of RAY_ADDRESS or of this machine, local one made "
        "for this run. Needs the extra cluster.",
    ),
]
Maps = Annotated[
    list[str] | None,
    typer.Option(
        "--ray-map", metavar="FROM=TO", help="A folder here and the name of the same folder on the nodes. Repeatable."
    ),
]
Cpus = Annotated[float, typer.Option("--ray-cpus", help="How many processors of a node a shot takes.", min=0)]
Gpus = Annotated[
    float | None,
    typer.Option("--ray-gpus", help="How many GPUs a shot takes; 1 by default where the cluster has any.", min=0),
]
Pieces = Annotated[
    Literal["store", "folder"],
    typer.Option(
        "--ray-pieces",
        help="How colored shots come back: through Ray's object store, or in a folder beside the track that all "
        "nodes see.",
    ),
]


def cluster_of(address: str, maps: list[str] | None, cpus: float, gpus: float | None, pieces: str) -> "Cluster":
    """The cluster that the flags ask for."""
    from kinemacolor.engine.cluster.ray_nodes import Share
    from kinemacolor.engine.cluster.session import Cluster

    return Cluster(address, tuple(maps or ()), Share(cpus, gpus), pieces == "folder")


@contextmanager
def standing_bar(*, shown: bool) -> "Iterator[Callable[[Standing], None]]":
    """A bar of all films' shots on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("Coloring"),
        BarColumn(),
        TextColumn("{task.fields[figures]}"),
        TimeRemainingColumn(),
        console=console,
        disable=not (shown and console.is_terminal),
    )
    with bar:
        task = bar.add_task("", total=None, figures="")

        def tell(standing: "Standing") -> None:
            figures = (
                f"{standing.shots_colored}/{standing.shots} shots  "
                f"{standing.films_ended}/{standing.films} films  {standing.out} out"
            )
            bar.update(task, total=standing.shots or None, completed=standing.shots_colored, figures=figures)

        yield tell


def say(line: str) -> None:
    """Says a line before the work."""
    echo(line, err=True)


def log_beside(place: Path) -> Path:
    """The log of a run on several machines: beside a manifest, or in a folder."""
    from kinemacolor.engine.cluster.journal import ENDING

    return place / f"kinemacolor{ENDING}" if place.is_dir() else place.with_name(place.name + ENDING)


def show_forecast(jobs: "list[Job]", wanted: "Cluster | None") -> None:
    """Shows what films would take, a line each and all together; exit code 4 where one cannot be colored as it is."""
    from kinemacolor.engine.cluster.session import forecasts_on

    at_once, found = forecasts_on(wanted, jobs, say=say)
    seen = list(found)
    _forecast_table(seen)
    colorable = [each for each in seen if each.reason is None]
    seconds = sum(each.seconds for each in colorable)
    shots, gigabytes = sum(each.to_do for each in colorable), sum(each.disk_bytes for each in colorable) / 1e9
    nodes = "" if at_once == 1 else f", about {_length(seconds / at_once)} with {at_once} at a time"
    echo(f"{shots} shots to color: about {_length(seconds)} one at a time{nodes}, and {gigabytes:.2f} GB of disk.")
    for home, free in _free_of(seen).items():
        echo(f"{free / 1e9:.0f} GB are free where {home} is.")
    bad = len(seen) - len(colorable)
    if bad:
        echo("1 film cannot be colored as it is." if bad == 1 else f"{bad} films cannot be colored as they are.")
        raise typer.Exit(4)


def _free_of(found: "list[Forecast]") -> dict[Path, int]:
    """The room on the disk of each folder for films in color, or of the folder above it that is there."""
    import shutil

    homes = {Path(each.job.output.output).absolute().parent for each in found}
    there = {next(place for place in (home, *home.parents) if place.exists()) for home in homes}
    return {place: shutil.disk_usage(place).free for place in sorted(there)}


def _length(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 3600 else f"{seconds / 60:.1f} minutes"


def _forecast_table(found: "list[Forecast]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("film", "shots", "to color", "frames", "minutes", "MB", "note"):
        table.add_column(name, justify="left" if name in ("film", "note") else "right", overflow="fold")
    for each in found:
        figures = [""] * 5
        if each.reason is None and not each.is_there:
            minutes, megabytes = each.seconds / 60, each.disk_bytes / 1e6
            figures = [str(each.shots), str(each.to_do), str(each.frames), f"{minutes:.1f}", f"{megabytes:.0f}"]
        note = "there already" if each.is_there else each.reason or ""
        table.add_row(Text(shown(Path(each.job.film.source).name)), *figures, Text(shown(note)))
    Console().print(table)
