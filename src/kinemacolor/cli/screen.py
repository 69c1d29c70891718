"""The words of a command on the screen: titles and names of other people's files cannot steer the terminal."""

import re

import typer

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but for tab and line break, those that turn the direction of text, and halves of characters."""


def shown(text: object, *, one_line: bool = False) -> str:
    """The text with control characters as one writes them in code; line breaks too where it is ``one_line``."""
    safe = _STEERING.sub(lambda found: repr(found[0])[1:-1], str(text))
    return " ".join(safe.split("\n")) if one_line else safe


def echo(message: object = "", *, nl: bool = True, err: bool = False) -> None:
    """Prints a text, safely, on stdout or stderr; with a line break at its end unless ``nl`` is False."""
    typer.echo(shown(message), nl=nl, err=err)
