"""``kinemacolor shots``: where a film cuts, as a list that a person edits."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli.screen import echo


class MethodName(StrEnum):
    """The values of ``--method``."""

    CONTENT = "content"
    TRANSNET = "transnet"


def shots(
    source: Annotated[str, typer.Argument(metavar="INPUT", help="A film, or a folder or pattern of pictures.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The shot list to write (CSV).")],
    method: Annotated[
        MethodName,
        typer.Option(
            help="The method: content finds hard cuts, transnet dissolves too (needs the 'shots' extra, slower)."
        ),
    ] = MethodName.CONTENT,
    frame_rate: Annotated[
        str | None,
        typer.Option(help="The frame rate of pictures as input, for instance 24 (taken unless told) or 24000/1001."),
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the list if it exists.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")] = False,
) -> None:
    """Find a film's shots and write them as a list to edit and give to `colorize --shots`."""
    from kinemacolor.cli.progress import Bar
    from kinemacolor.engine.analysis.shot_list import list_shots

    with Bar(shown=not quiet) as bar:
        found = list_shots(
            source,
            output,
            method=method.value,
            frame_rate=frame_rate,
            overwrite=overwrite,
            progress=bar.surveying,
        )
    echo(f"{output}: {len(found)} shots in {found[-1].shot.stop} frames", err=True)
