"""``kinemacolor compare``: two finished films, figure by figure and side by side."""

from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli.screen import echo

_DAMAGED = 3


def compare(
    one: Annotated[Path, typer.Argument(metavar="A", help="A finished film, or a folder of its frames.")],
    other: Annotated[Path, typer.Argument(metavar="B", help="Another one of the same length and size.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the report.")],
    truth: Annotated[Path | None, typer.Option(help="The film in its true colors, if there is one.")] = None,
    video: Annotated[bool, typer.Option(help="Also write the video side_by_side.mp4.")] = True,
    overwrite: Annotated[bool, typer.Option(help="Replace a report that is there.")] = False,
) -> None:
    """Compare two finished films: figures, pictures of where they differ most, and both side by side."""
    from kinemacolor.evaluation.compare import compare as run

    report = run(one, other, output, truth=truth, video=video, overwrite=overwrite, say=typer.echo)
    echo(f"{output / 'report.md'}, {output / 'differences.png'}")
    if report.problems:
        raise typer.Exit(_DAMAGED)
