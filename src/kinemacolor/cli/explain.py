"""``kinemacolor explain``: why a frame got its colours, as pictures."""

from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.models.default import DEFAULT


def explain(
    source: Annotated[str, typer.Argument(help="A film, or a folder of pictures.")],
    exemplar: Annotated[list[str], typer.Option("--exemplar", "-e", help="A colour still, as for colorize.")],
    frame: Annotated[int, typer.Option(min=0, help="The frame to explain, counted from 0.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the pictures.")],
    start: Annotated[int, typer.Option(min=0, help="First frame of the shot that the frame belongs to.")] = 0,
    model: Annotated[str, typer.Option(help="matching, colormnet-lite or colormnet.")] = DEFAULT,
    weights: Annotated[str, typer.Option(help="A checkpoint file, or 'default'.")] = "default",
    working_size: Annotated[
        str, typer.Option(help="Short side in pixels that the model sees, or 'native'.")
    ] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
    accept_license: Annotated[bool, typer.Option(help="Agree to the licence of weights to be fetched.")] = False,
) -> None:
    """Show a model's features, matches and memory at one frame of a shot."""
    from kinemacolor.explain.run import explain as run
    from kinemacolor.models.load import load_model

    colorizer = load_model(model, weights=weights, device=device, accept_license=accept_license)
    paths = run(
        source,
        exemplar,
        output,
        model=colorizer,
        frame=frame,
        start=start,
        working_size=working_size,
        note=typer.echo,
    )
    typer.echo("\n".join(str(path) for path in paths))
