"""``kinemacolor check``: whether a track or a project is what was written, byte for byte."""

from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli.screen import echo


def check(
    folder: Annotated[
        Path, typer.Argument(metavar="TRACK|PROJECT", help="A .kctrack folder, or the folder of a project.")
    ],
) -> None:
    """Read all of a track or project and say what is damaged."""
    from kinemacolor.engine.check import check as look_at

    found = look_at(folder)
    for fault in found.faults:
        echo(fault)
    echo(f"{folder}: {found.colored} of {found.shots} shots are colored and whole")
    if found.faults:
        echo("Error: Not all is whole. Run the same again: what is damaged is computed anew.", err=True)
        raise typer.Exit(1)
