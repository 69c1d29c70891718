"""The shell's face on the engine: one file a command.

Exit codes: 0 done; 1 an error that the user can mend, said in one line; 2 wrong usage; 3 done, but the input was
damaged and the warnings say where; 4 some films of a batch failed; 130 interrupted.
"""

import os
import sys

import typer

from kinemacolor.cli import (
    ballot,
    batch,
    check,
    colorize,
    compare,
    datasets,
    doctor,
    evaluate,
    explain,
    match,
    models,
    paint,
    probe,
    project,
    render,
    shots,
    status,
    suggest,
    train,
    web,
)
from kinemacolor.cli.crash import last_word
from kinemacolor.cli.screen import echo, shown
from kinemacolor.cli.words import Command
from kinemacolor.errors import KinemacolorError
from kinemacolor.interruption import CODE, interrupted, listening

# before torch comes in: decoder and encoder need the cores that idle threads of the network would spin on
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

app = typer.Typer(
    name="kinemacolor",
    help="Colors black-and-white film from a few color stills.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_enable=False,
)
app.command(cls=Command)(colorize.colorize)
app.command(cls=Command)(evaluate.evaluate)
app.command(cls=Command)(compare.compare)
app.command(cls=Command)(explain.explain)
app.command(cls=Command)(models.models)
app.command(cls=Command)(probe.probe)
app.command(cls=Command)(batch.batch)
app.command(cls=Command)(check.check)
app.command(cls=Command)(paint.paint)
app.command(cls=Command)(render.render)
app.command(cls=Command)(shots.shots)
app.command(cls=Command)(status.status)
app.command(cls=Command)(suggest.suggest)
app.command(cls=Command)(match.match)
app.command(cls=Command)(train.train)
app.command(cls=Command)(doctor.doctor)
app.command(cls=Command)(web.web)
app.add_typer(datasets.app, name="datasets")
app.add_typer(ballot.app, name="ballot")
app.add_typer(project.app, name="project")


def _version(wanted: bool) -> bool:
    if wanted:
        from kinemacolor._version import __version__

        echo(f"kinemacolor {__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    pass


def main() -> None:
    """Runs the command line; a user's error is one line on stderr and exit code 1, and so is any other."""
    with listening():
        try:
            app()
        except KeyboardInterrupt:  # before the command begins, which hears it itself
            sys.exit(CODE)
        except BrokenPipeError:
            sys.exit(1)
        except Exception as error:
            if interrupted():  # a library made an error of it
                sys.exit(CODE)
            said = str(error) if isinstance(error, KinemacolorError) else last_word(error)
            echo(f"Error: {shown(said, one_line=True)}", err=True)
            sys.exit(1)
