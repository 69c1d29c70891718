"""``kinemacolor paint``: a frame and some strokes to a color still."""

from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli.screen import echo


def paint(
    frame: Annotated[
        str,
        typer.Argument(
            metavar="FRAME",
            help="A frame of the film: a picture, or a film with a frame number or a time, reel.mp4@120.",
        ),
    ],
    strokes: Annotated[
        Path,
        typer.Argument(
            metavar="STROKES",
            help="The strokes at the frame's size: a transparent picture with some paint on it, or a copy of the "
            "frame that is painted over.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The color still to write, for instance still.png.")],
    preview: Annotated[bool, typer.Option(help="Compute a rough still, several times faster.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Replace the still if it exists.")] = False,
) -> None:
    """Make a color still from a frame and a few strokes: their colors spread over it."""
    from kinemacolor.engine.paint.files import paint_file

    paint_file(
        frame,
        strokes,
        output,
        preview=preview,
        overwrite=overwrite,
        note=lambda line: echo(f"Warning: {line}", err=True),
    )
    echo(str(output))
