"""``kinemacolor doctor``: what is installed, and whether it works."""

import json
from dataclasses import asdict

import typer

from kinemacolor.cli.screen import echo, shown
from kinemacolor.doctor.finding import Finding

_MARKS = {"ok": " ", "absent": "-", "wrong": "!"}


def doctor(
    as_json: bool = typer.Option(False, "--json", help="Print JSON instead of text."),
    self_test: bool = typer.Option(True, help="Color a few frames at the end, which takes some seconds."),
) -> None:
    """Show versions, devices, codecs, folders and weights, color a few frames, and say what is missing."""
    from kinemacolor.doctor import examine

    found = []
    for each in examine(self_test=self_test):
        found.append(each)
        if not as_json:
            echo(line_of(each))
    wrong = [each for each in found if each.state == "wrong"]
    if as_json:
        echo(json.dumps({"works": not wrong, "findings": [asdict(each) for each in found]}, indent=2))
    elif not wrong:
        echo("Everything that is needed is here." + ("" if self_test else " Nothing was colored to try it."))
    if wrong:
        echo(
            f"Error: {len(wrong)} of what is needed is missing or broken: {', '.join(each.name for each in wrong)}.",
            err=True,
        )
        raise typer.Exit(1)


def line_of(finding: Finding) -> str:
    """A finding in one line: ``!`` marks what is wrong, ``-`` what only some uses need."""
    advice = f". {finding.advice}" if finding.advice else ""
    line = f"{_MARKS[finding.state]} {finding.group:<9} {finding.name}: {finding.value}{advice}"
    return shown(line, one_line=True)
