"""``kinemacolor suggest``: which frames to color next, as pictures to color."""

import json
from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli.screen import echo


def suggest(
    source: Annotated[str, typer.Argument(metavar="INPUT", help="A film, a folder or pattern of pictures.")],
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="The number of frames to suggest.")] = 4,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A folder to write the frames to, as 16-bit PNGs to be colored."),
    ] = None,
    exemplar: Annotated[
        list[str] | None,
        typer.Option("--exemplar", "-e", help="A still that is colored already, or a folder of them. Repeatable."),
    ] = None,
    track: Annotated[
        Path | None,
        typer.Option(
            help="The chroma track of a run, or JSON of {frame: confidence}: frames it was unsure of come first."
        ),
    ] = None,
    frame_rate: Annotated[
        str | None, typer.Option(help="The frame rate of pictures as input; 24 unless told.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace pictures that are there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show which frames to color next, the one that brings most first."""
    from kinemacolor.engine.inputs import exemplars_of
    from kinemacolor.engine.job import ExemplarChoice
    from kinemacolor.io import Film
    from kinemacolor.io.destination import require_writable
    from kinemacolor.io.exemplars import parse
    from kinemacolor.suggest.choose import suggest_frames
    from kinemacolor.suggest.confidence import read_confidence
    from kinemacolor.suggest.stills import export, name_of

    if output is not None:
        require_writable(output)
    film = Film.open(source, frame_rate=frame_rate)
    given = ExemplarChoice(exemplars=tuple(exemplar or ()))
    known = exemplars_of(given, film, lambda line: echo(f"Warning: {line}", err=True), required=False)
    sure = read_confidence(track) if track is not None else None
    found = suggest_frames(film, count, exemplars=known, confidence=sure)
    if output is not None:
        spared = [parse(each)[0] for each in exemplar or ()]
        export(film, [each.frame for each in found], output, overwrite=overwrite, spared=spared)
    if as_json:
        rows = [
            {"frame": s.frame, "shot": [s.shot.start, s.shot.stop], "gain": s.gain, "covered": s.covered}
            for s in found
        ]
        echo(json.dumps(rows, indent=2))
        return
    for each in found:
        shot = f"shot {each.shot.start}-{each.shot.stop - 1}"
        echo(f"{name_of(each.frame)}  {shot:<20} covers {each.gain:6.1%} more, {each.covered:6.1%} in all")
    if not found:
        echo("Another still would bring nothing.")
