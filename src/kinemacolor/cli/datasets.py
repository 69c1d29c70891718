"""``kinemacolor datasets``: which data sets are known, and what is missing of one."""

from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli.screen import echo
from kinemacolor.cli.words import Command

app = typer.Typer(
    help="The data sets of the papers: their layouts, and the files that are missing of one.", no_args_is_help=True
)

_INCOMPLETE = 3


@app.command("list", cls=Command)
def list_datasets() -> None:
    """Name the data sets, where they are published, and how their folders must lie."""
    from kinemacolor.evaluation.datasets import DATASETS

    for dataset in DATASETS.values():
        echo(f"{dataset.name}: {dataset.title}, published at {dataset.source}")
        echo(f"  clips in ROOT/{' or ROOT/'.join(dataset.frames)}")
        if dataset.masks:
            echo(f"  masks in ROOT/{' or ROOT/'.join(dataset.masks)}")
        if dataset.lists:
            echo(f"  clip names in ROOT/{' or ROOT/'.join(dataset.lists)}, if it is there")


@app.command(cls=Command)
def check(
    root: Annotated[Path, typer.Argument(help="The data set's folder.")],
    dataset: Annotated[str, typer.Option(help="The name of the data set: davis, videvo or nvcc2023.")],
    split: Annotated[str, typer.Option(help="The part of the data set to look at.")] = "val",
    names: Annotated[
        Path | None, typer.Option("--list", help="A file with the names of the clips, one a line.")
    ] = None,
) -> None:
    """Say what is missing: clips, frames, masks, pictures of another size. Exit code 3 if anything is."""
    from kinemacolor.evaluation.datasets import check_clip, dataset_of, take_stock

    chosen = dataset_of(dataset)
    stock = take_stock(chosen, root, split=split, names=names)
    for note in stock.notes:
        echo(note)
    problems = list(stock.problems)
    for clip in stock.clips:
        problems += check_clip(clip, needs_masks=bool(chosen.masks))
    for problem in problems:
        echo(f"Problem: {problem}")
    echo(f"{len(stock.clips)} clips are there; {len(problems)} problems.")
    if problems:
        raise typer.Exit(_INCOMPLETE)
