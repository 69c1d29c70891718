"""``kinemacolor colorize``: a film and its stills to a film in color."""

from typing import Annotated

import typer

from kinemacolor.cli.options import takes_options


@takes_options(track=True)
def colorize(
    options: dict[str, object],
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")] = False,
) -> None:
    """Color a black-and-white film from a few color stills."""
    from kinemacolor.cli.outcome import going_on, report_result
    from kinemacolor.cli.progress import Bar
    from kinemacolor.engine.job import Job
    from kinemacolor.engine.run import run

    kept = bool(options["track"]) and options["source"] != "-" and options["output"] != "-"
    with going_on(kept=kept), Bar(shown=not quiet) as bar:
        result = run(Job.of({**options, "track": kept}), bar.listeners())
    report_result(result, bar.said)
