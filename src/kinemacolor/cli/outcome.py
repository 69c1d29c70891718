"""The last words of a command that wrote a film."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from kinemacolor.cli.screen import echo

if TYPE_CHECKING:
    from kinemacolor.engine.run import Result
    from kinemacolor.engine.sinks import ShotOutcome

_NAMED = 8


@contextmanager
def going_on(*, kept: bool) -> Iterator[None]:
    """Says on an interruption that the same command goes on, where what was done is ``kept``."""
    try:
        yield
    except KeyboardInterrupt:
        if kept:
            echo("Interrupted. Shots that were complete are kept: the same command goes on from there.", err=True)
        raise


def report_result(result: "Result", said: Sequence[str] = ()) -> None:
    """Warnings but those ``said`` already, frames and time on stderr; exit code 3 where the input was damaged."""
    for warning in (each for each in result.warnings if each not in said):
        echo(f"Warning: {warning}", err=True)
    if any(outcome.reused for outcome in result.shots):
        echo(_reuse(result.shots), err=True)
    if result.output != "-":
        rate = result.frames / max(result.seconds, 1e-9)
        echo(f"{result.output}: {result.frames} frames in {result.seconds:.1f} s ({rate:.2f} fps)", err=True)
    if result.damaged:
        raise typer.Exit(3)


def _reuse(shots: "tuple[ShotOutcome, ...]") -> str:
    """Which shots were computed and how many were there already."""
    made = [f"{s.planned.shot.start}-{s.planned.shot.stop - 1}" for s in shots if not s.reused]
    named = ", ".join(made[:_NAMED]) + (f" and {len(made) - _NAMED} more" if len(made) > _NAMED else "")
    kept = f"{len(shots) - len(made)} of {len(shots)} shots were in the track"
    return f"{kept}; computed: frames {named}." if made else f"{kept}; nothing was computed."
