"""``kinemacolor models``: which models there are and what each needs."""

import json
from dataclasses import asdict

import typer

from kinemacolor.cli.screen import echo


def models(
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of text."),
) -> None:
    """List the models, their licenses and where their weights come from."""
    from kinemacolor import weights
    from kinemacolor.models.cards import list_models
    from kinemacolor.models.default import DEFAULT

    cards = list_models()
    if as_json:
        echo(json.dumps([asdict(card) for card in cards], indent=2))
        return
    for card in cards:
        mark = " (default)" if card.name == DEFAULT else ""
        echo(f"{card.name}{mark}: {card.title}")
        echo(f"  {card.summary}")
        echo(f"  exemplars: {card.exemplars}")
        echo(f"  license:   {card.license}")
        if card.included:
            where = "included" + (f" (--weights {' or '.join(card.variants)})" if card.variants else "")
        elif card.weights is None:
            where = "none published; give a file with --weights PATH"
        elif (path := weights.locate(card.weights)) is not None:
            where = f"{path}"
        else:
            where = f"to be fetched from {card.weights.url} (--accept-license), or --weights PATH"
        echo(f"  weights:   {where}\n")
