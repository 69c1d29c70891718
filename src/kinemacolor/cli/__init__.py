"""The shell's face on the engine: one file a command.

Exit codes: 0 done; 1 an error that the user can mend, said in one line; 2 wrong usage; 3 done, but the input was
damaged and the warnings say where; 4 some films of a batch failed; 130 interrupted.
"""

import os
import signal
import sys
from types import FrameType

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

# before torch comes in: decoder and encoder need the cores that idle threads of the network would spin on
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_AGAIN_SECONDS = 0.05

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


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    """Ends the command; later, where a module is being imported, which may swallow the exception."""
    here = frame
    while here is not None:
        if "importlib" in here.f_code.co_filename:
            if hasattr(signal, "setitimer"):
                signal.signal(signal.SIGALRM, _interrupt)
                signal.setitimer(signal.ITIMER_REAL, _AGAIN_SECONDS)
                return
            break
        here = here.f_back
    raise KeyboardInterrupt


def main() -> None:
    """Runs the command line; a user's error is one line on stderr and exit code 1, and so is any other."""
    try:
        # also where a shell started us with it ignored; SIGHUP is a closed terminal
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), _interrupt)
        app()
    except KeyboardInterrupt:  # before the command begins, which hears it itself
        sys.exit(130)
    except KinemacolorError as error:
        echo(f"Error: {shown(error, one_line=True)}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        echo(f"Error: {shown(last_word(error), one_line=True)}", err=True)
        sys.exit(1)
