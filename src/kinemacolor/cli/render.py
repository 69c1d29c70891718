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
    track: Annotated[Path, typer.Argument(metavar="TRACK", help="The .kctrack folder beside a film in color.")],
    output: Annotated[
        str, typer.Option("--output", "-o", help="The film to write, a folder or pattern of pictures, or - (y4m).")
    ],
    source: Annotated[str | None, typer.Option(help="The film, if it has moved since it was colored.")] = None,
    codec: Annotated[
        str | None,
        typer.Option(
            help="The codec: h264, h265, av1, vp9, prores, prores-4444, dnxhr, ffv1, or an encoder's own name."
        ),
    ] = None,
    quality: Annotated[
        float | None,
        typer.Option(
            "--quality", "--crf", help="The quality on the encoder's own scale (a CRF, a ProRes profile, ...)."
        ),
    ] = None,
    pixel_format: Annotated[
        str | None, typer.Option(help="The pixel format, instead of the one nearest to the source's.")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option(
            help="The size of the output: 1280x720, or the short side in pixels (540), from 16 to 16384 a side."
        ),
    ] = None,
    saturation: Annotated[
        float, typer.Option(help="The factor that chroma is multiplied by: 1 leaves it as it is, 0 is gray.")
    ] = 1.0,
    code_range: Annotated[
        RangeName | None, typer.Option("--range", help="The range of the output's code values: full or limited.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the output if it exists.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")] = False,
) -> None:
    """Write a film in color again from its chroma track, without the network."""
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
            noticed=bar.noticed,
        )
    report_result(result, bar.said)
