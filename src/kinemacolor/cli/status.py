"""``kinemacolor status``: how far many films have come, in one table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinemacolor.cli.cluster import log_beside
from kinemacolor.cli.screen import echo, shown

if TYPE_CHECKING:
    from kinemacolor.engine.cluster.status import Statuses


def status(
    where: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST|FOLDER",
            help="The manifest or the folder of films that `batch` was given, or a project's folder.",
        ),
    ],
) -> None:
    """Say how far the films of a batch or a project have come, also while they are at work elsewhere."""
    from kinemacolor.engine.cluster.status import status_of_films

    found = status_of_films(where, log_beside(where))
    _table(found)
    shots = sum(film.shots or 0 for film in found.films)
    colored = sum(film.colored for film in found.films)
    unseen = sum(film.shots is None and film.state != "done" for film in found.films)
    more = f"; {unseen} films have not been looked through" if unseen else ""
    echo(f"{colored} of {shots} shots are colored{more}.")
    told = found.told
    if told.taken and told.seconds > 0 and colored < shots:
        rate = told.taken / told.seconds
        minutes = (shots - colored) / rate / 60
        echo(f"The last run colored {60 * rate:.1f} shots a minute: about {minutes:.0f} minutes for those left.")


def _table(found: "Statuses") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("film", "state", "shots", "note"):
        table.add_column(name, justify="right" if name == "shots" else "left", overflow="fold")
    for film in found.films:
        table.add_row(
            Text(shown(Path(film.film).name)),
            Text(film.state.upper() if film.state == "failed" else film.state),
            "" if film.shots is None else f"{film.colored}/{film.shots}",
            Text(shown(film.reason)),
        )
    Console().print(table)
