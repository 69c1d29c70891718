"""``kinemacolor render``: a chroma track to a film, in another codec, size or saturation, without the network."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class RangeName(StrEnum):
    """The values of ``--range``."""

    FULL = "full"
    LIMITED = "limited"


def render(
    track: Annotated[Path, typer.Argument(metavar="TRACK", help="The .kctrack folder beside a coloured film.")],
    output: Annotated[
        str, typer.Option("--output", "-o", help="The film to write, a folder or pattern of pictures, or - (y4m).")
    ],
    source: Annotated[str | None, typer.Option(help="The film, if it has moved since it was coloured.")] = None,
    codec: Annotated[
        str | None, typer.Option(help="h264, h265, av1, vp9, prores, prores-4444, dnxhr, ffv1, or an encoder's name.")
    ] = None,
    quality: Annotated[
        float | None, typer.Option("--quality", "--crf", help="On the encoder's own scale (CRF; ProRes profile...).")
    ] = None,
    pixel_format: Annotated[str | None, typer.Option(help="Instead of the one chosen from the source.")] = None,
    size: Annotated[str | None, typer.Option(help="1280x720, or the short side: 540.")] = None,
    saturation: Annotated[float, typer.Option(help="What chroma is multiplied by; 1 leaves it, 0 is gray.")] = 1.0,
    code_range: Annotated[RangeName | None, typer.Option("--range", help="Of the output's code values.")] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the output if it exists.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Write a film in colour again from its chroma track."""
    from kinemacolor.cli.outcome import report_result
    from kinemacolor.cli.progress import Bar
    from kinemacolor.engine.render import render_track

    with Bar(shown=not quiet) as bar:
        result = render_track(
            track,
            output,
            source=source,
            codec=codec,
            quality=quality,
            pixel_format=pixel_format,
            size=size,
            saturation=saturation,
            full_range=None if code_range is None else code_range is RangeName.FULL,
            overwrite=overwrite,
            progress=bar.update,
        )
    report_result(result)
