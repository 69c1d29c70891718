"""``kinemacolor explain``: why a frame got its colors, as pictures."""

from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli.options import takes_options
from kinemacolor.cli.screen import echo


@takes_options(
    (
        "source",
        "exemplars",
        "start",
        "end",
        "shots",
        "model",
        "weights",
        "working_size",
        "frame_rate",
        "settings",
        "device",
        "accept_license",
        "overwrite",
    )
)
def explain(
    options: dict[str, object],
    frame: Annotated[
        str,
        typer.Option(
            help="The frame to explain: its number from 0, a time (00:01:02.5) or a timecode (00:01:02:12)."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the pictures.")],
) -> None:
    """Show a model's features, matches and memory at one frame, with the shot and stills that `colorize` takes."""
    from kinemacolor.engine.job import Job
    from kinemacolor.explain.run import explain as run

    echo("\n".join(str(path) for path in run(Job.of(options), frame, output, note=typer.echo)))
