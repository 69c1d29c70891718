"""``kinemacolor train``: films and photographs to a model's weights."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinemacolor.cli.screen import echo

if TYPE_CHECKING:
    from kinemacolor.training.loop import Progress


def train(
    recipe: Annotated[
        str,
        typer.Argument(metavar="RECIPE", help="The name of the model to train. A wrong one lists those there are."),
    ],
    data: Annotated[
        list[Path], typer.Option(help="A folder of films, photographs and folders of numbered frames. Repeatable.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The folder of the run, for weights, log, strips and checkpoints.")
    ],
    steps: Annotated[
        int | None, typer.Option(min=1, help="The number of steps of the whole run; the recipe's own by default.")
    ] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="The number of clips in a step, of all processes together.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume/--fresh", help="Go on with the run in the folder, or begin it afresh.")
    ] = True,
    minutes: Annotated[
        float | None,
        typer.Option(min=0, help="End this sitting after so many minutes, with a checkpoint to go on from."),
    ] = None,
    device: Annotated[
        str, typer.Option(help="The device to compute on: auto, cpu, cuda (or gpu), cuda:1, ...")
    ] = "auto",
    initial: Annotated[Path | None, typer.Option(help="The weights to begin with.")] = None,
    license_class: Annotated[
        list[str] | None, typer.Option(help="Learn only from files of this class in SOURCES.csv. Repeatable.")
    ] = None,
    licence_class: Annotated[list[str] | None, typer.Option(hidden=True)] = None,
    table: Annotated[
        Path | None,
        typer.Option("--sources", help="The table SOURCES.csv, where it does not lie in or above the data."),
    ] = None,
    exclude: Annotated[
        list[Path] | None, typer.Option(help="A text file of names or patterns not to learn from. Repeatable.")
    ] = None,
    exclude_license: Annotated[
        list[str] | None,
        typer.Option(help="Learn from no file whose license in SOURCES.csv holds this word. Repeatable."),
    ] = None,
    validation: Annotated[
        list[Path] | None, typer.Option("--validate", help="Films to measure on and never to learn from. Repeatable.")
    ] = None,
    held_out: Annotated[
        int, typer.Option(min=0, help="The number of films to put aside for measuring where --validate is not given.")
    ] = 4,
    cache: Annotated[
        Path | None, typer.Option(help="The folder for decoded frames, instead of the usual one.")
    ] = None,
    short_side: Annotated[
        int | None,
        typer.Option(min=16, help="The short side of decoded frames in pixels; the recipe's own by default."),
    ] = None,
    max_frames: Annotated[int, typer.Option(min=1, help="The most frames to take from each film.")] = 300,
    seed: Annotated[int, typer.Option(help="The seed of all random numbers.")] = 0,
    workers: Annotated[int, typer.Option(min=0, help="The number of processes that prepare clips.")] = 0,
    bf16: Annotated[bool | None, typer.Option("--bf16/--fp32", help="The precision of the heavy parts.")] = None,
    checkpointed: Annotated[
        bool | None,
        typer.Option(help="Compute activations twice to hold fewer of them in memory (gradient checkpointing)."),
    ] = None,
    evaluate_every: Annotated[int, typer.Option(min=1, help="The number of steps between evaluations.")] = 500,
    tensorboard: Annotated[bool, typer.Option(help="Also write a log for TensorBoard.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
) -> None:
    """Train a model. End it when you like: the same command goes on. Under torchrun, processes share each batch."""
    from kinemacolor.data.sources import Exclusions
    from kinemacolor.training.folders import DataSettings, train_on_folders
    from kinemacolor.training.loop import RunSettings
    from kinemacolor.training.recipes import recipe_named

    if licence_class:
        echo("--licence-class is now spelled --license-class; the old spelling goes in a later version.", err=True)
    classes = [*(license_class or ()), *(licence_class or ())] or None
    said = _Said(quiet=quiet)
    chosen = recipe_named(recipe, initial=initial)
    settings = RunSettings(
        device=device,
        resume=resume,
        workers=workers,
        evaluate_every_steps=evaluate_every,
        stop_after_minutes=minutes,
        bf16=bf16,
        checkpointed=checkpointed,
        tensorboard=tensorboard,
    )
    folders = DataSettings(
        data,
        validation=validation or (),
        held_out=held_out,
        license_classes=classes,
        table=table,
        cache=cache,
        short_side_px=short_side,
        max_frames=max_frames,
        excluded=Exclusions.of_files(exclude or (), exclude_license or ()),
    )
    result, warnings = train_on_folders(
        replace(chosen, batch=chosen.batch if batch is None else batch),
        folders,
        out,
        steps=steps,
        seed=seed,
        settings=settings,
        decoding=said.decoding,
        progress=said.progress,
    )
    for warning in warnings:
        echo(f"Left out: {warning}", err=True)
    figure = f", {result.psnr:.2f} dB" if result.psnr is not None else ""
    echo(f"{result.weights}: step {result.step}, loss {result.loss:.4f}{figure} ({result.ending})", err=True)


class _Said:
    """Says on stderr how far a run is, a line every few seconds at most."""

    _EVERY_SECONDS = 10.0

    def __init__(self, *, quiet: bool) -> None:
        self._quiet, self._said = quiet, 0.0

    def _say(self, line: str) -> None:
        import time

        if not self._quiet and time.monotonic() - self._said > self._EVERY_SECONDS:
            self._said = time.monotonic()
            echo(line, err=True)

    def decoding(self, done: int, total: int) -> None:
        self._say(f"Decoding {done}/{total}")

    def progress(self, progress: "Progress") -> None:
        figure = f"  {progress.psnr:.2f} dB" if progress.psnr is not None else ""
        self._say(
            f"Step {progress.step}/{progress.steps}  loss {progress.loss:.4f}  "
            f"{progress.seconds_per_step:.2f} s/step{figure}"
        )
