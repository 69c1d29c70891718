"""``kinemacolor ballot``: ask people which colors they prefer, without telling them whose they are."""

from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli.screen import echo
from kinemacolor.cli.words import Command

app = typer.Typer(help="A blind ballot: a page for people to choose on, and the count.", no_args_is_help=True)


@app.command(cls=Command)
def make(
    results: Annotated[list[str], typer.Option(help="The finished films of one method: NAME=FOLDER. Repeatable.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the page and its key.")],
    overwrite: Annotated[
        bool, typer.Option(help="Replace a ballot that is there; answers to it can then no longer be counted.")
    ] = False,
) -> None:
    """Write ballot/index.html with its films, to give away as it is, and key.json, to keep."""
    from kinemacolor.errors import SettingError
    from kinemacolor.evaluation.ballot import make_ballot

    films = {}
    for text in results:
        name, equals, folder = text.partition("=")
        if not equals:
            raise SettingError(f"--results {text} has no name. Write NAME=FOLDER.")
        if name in films:
            raise SettingError(f"Two methods are called '{name}'. Give each its own name.")
        films[name] = Path(folder)
    scenes = make_ballot(films, output, overwrite=overwrite, say=typer.echo)
    echo(f"{output / 'ballot' / 'index.html'}: {len(scenes)} scenes. Keep {output / 'key.json'} to yourself.")


@app.command(cls=Command)
def count(
    key: Annotated[Path, typer.Argument(help="The key.json that was written beside the ballot.")],
    answers: Annotated[list[Path], typer.Argument(help="The CSV files that voters saved.")],
) -> None:
    """Count the votes: each method's share with its confidence interval, and the votes by scene."""
    from kinemacolor.evaluation.ballot import count_ballot

    echo(count_ballot(key, answers).markdown(), nl=False)
