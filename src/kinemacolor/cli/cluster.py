"""The flags of commands that color on several machines, and what they show of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kinemacolor.cli.screen import echo

if TYPE_CHECKING:
    from collections.abc import Callable

    from kinemacolor.engine.cluster.films import Standing
    from kinemacolor.engine.cluster.session import Cluster

Address = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="auto|local|HOST:PORT",
        help="Color on the nodes of a Ray cluster: auto is the one of RAY_ADDRESS or of this machine, local one made "
        "for this run. Needs kinemacolor[cluster].",
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
