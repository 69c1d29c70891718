"""``kinemacolor colorize``: a film and its stills to a film in colour."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.models.default import DEFAULT


class RestrictionName(StrEnum):
    """The values of ``--restrict``."""

    DENSE = "dense"


class PrecisionName(StrEnum):
    """The values of ``--precision``."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


def colorize(
    source: Annotated[
        str, typer.Argument(metavar="INPUT", help="A film, a folder or pattern of pictures, or - (y4m).")
    ],
    output: Annotated[
        str, typer.Option("--output", "-o", help="The film to write, a folder or pattern of pictures, or - (y4m).")
    ],
    exemplar: Annotated[
        list[str] | None,
        typer.Option(
            "--exemplar", "-e", help="A colour still: PATH, PATH@FRAME, PATH@HH:MM:SS.s, or a folder. Repeatable."
        ),
    ] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(
            "--point", metavar="X,Y@FRAME=#RRGGBB", help="A correction: this place of this frame has this colour."
        ),
    ] = None,
    both_ways: Annotated[
        bool | None,
        typer.Option(help="Let stills inside a shot colour towards its start too (our own models do by default)."),
    ] = None,
    model: Annotated[str, typer.Option(help="See `kinemacolor models`.")] = DEFAULT,
    weights: Annotated[str, typer.Option(help="A checkpoint file instead of the model's own.")] = "default",
    accept_license: Annotated[bool, typer.Option(help="Agree to the licence of weights to be fetched.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, ...")] = "auto",
    precision: Annotated[PrecisionName, typer.Option(help="Of the network.")] = PrecisionName.AUTO,
    working_size: Annotated[
        str, typer.Option(help="Short side in pixels that the network sees, or 'native'. Output keeps its size.")
    ] = "auto",
    start: Annotated[str | None, typer.Option(help="First frame: a number from 0, or a time (00:01:02.5).")] = None,
    end: Annotated[str | None, typer.Option(help="Frame or time to stop before.")] = None,
    codec: Annotated[
        str | None, typer.Option(help="h264, h265, av1, vp9, prores, prores-4444, dnxhr, ffv1, or an encoder's name.")
    ] = None,
    quality: Annotated[
        float | None, typer.Option("--quality", "--crf", help="On the encoder's own scale (CRF; ProRes profile...).")
    ] = None,
    pixel_format: Annotated[str | None, typer.Option(help="Instead of the one chosen from the source.")] = None,
    frame_rate: Annotated[str, typer.Option(help="Of pictures as input, for instance 24 or 24000/1001.")] = "24",
    masks: Annotated[
        str | None,
        typer.Option(help="Objects by frame, for spatiotemporal: a folder of PNG index maps or a COCO-style JSON."),
    ] = None,
    restrict: Annotated[
        RestrictionName | None, typer.Option(help="Let colormnet remember only from where dense tracks lead.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A setting of the model; a wrong name lists them. Repeatable."
        ),
    ] = None,
    shots: Annotated[
        str,
        typer.Option(help="auto finds the film's shots, none takes it as one, or a list from `kinemacolor shots`."),
    ] = "auto",
    track: Annotated[
        bool,
        typer.Option(help="Keep the colours in OUTPUT.kctrack, to resume, recolour a shot or `kinemacolor render`."),
    ] = True,
    strip: Annotated[
        Path | None, typer.Option(help="Also write a picture: source | exemplar | colour, side by side.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Also write a page on shots, stills, confidence and provenance (HTML, with JSON beside it)."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the output if it exists.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Colour a black-and-white film from a few colour stills."""
    from kinemacolor.cli.outcome import going_on, report_result
    from kinemacolor.cli.progress import Bar
    from kinemacolor.engine.video import colorize_video
    from kinemacolor.models.load import dtype_of
    from kinemacolor.models.settings import assignments

    kept = track and source != "-" and output != "-"
    with going_on(kept=kept), Bar(shown=not quiet) as bar:
        result = colorize_video(
            source,
            output,
            exemplar or [],
            model=model,
            weights=weights,
            accept_license=accept_license,
            device=device,
            dtype=dtype_of(precision.value),
            working_size=working_size,
            start=start,
            end=end,
            codec=codec,
            quality=quality,
            pixel_format=pixel_format,
            frame_rate=frame_rate,
            masks=masks,
            restrict=None if restrict is None else "dense",
            settings=assignments(settings or []),
            points=point or [],
            both_ways=both_ways,
            shots=shots,
            track=kept,
            strip=strip,
            report=report,
            overwrite=overwrite,
            progress=bar.update,
            surveying=bar.surveying,
            fetching=bar.fetching,
        )
    report_result(result)
