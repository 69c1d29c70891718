"""``kinemacolor probe``: what a film is and what will become of it."""

import json

import typer

from kinemacolor.cli.screen import echo


def probe(
    source: str = typer.Argument(..., metavar="INPUT", help="A film, a folder of pictures or a pattern."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of text."),
) -> None:
    """Show a film's size, rate, color tags, streams and chapters."""
    from kinemacolor.io import probe as read_info

    info = read_info(source)
    echo(json.dumps(info.as_dict(), indent=2) if as_json else info.describe())
