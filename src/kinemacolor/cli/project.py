"""``kinemacolor project``: a film's folder with its shots, stills and state."""

from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli import cluster
from kinemacolor.cli.options import takes_options
from kinemacolor.cli.screen import echo
from kinemacolor.cli.words import Command

app = typer.Typer(
    help="A folder for a film, with its shots, stills, state and report: made once, edited, and run again and again.",
    no_args_is_help=True,
)
_Folder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The folder that `project new` made.")]


@app.command(cls=Command)
@takes_options(("model", "working_size", "codec", "frame_rate"))
def new(
    options: dict[str, object],
    film: Annotated[str, typer.Argument(metavar="INPUT", help="A film, or a folder or pattern of pictures.")],
    exemplars: Annotated[
        list[str],
        typer.Option("--exemplars", "--exemplar", "-e", help="Color stills, or a folder of them. Repeatable."),
    ],
    folder: Annotated[
        Path | None,
        typer.Option("--folder", "-o", help="The folder to make; REEL.kinemacolor beside the film by default."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", help="The film to write; within the folder by default.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")] = False,
) -> None:
    """Look at a film once: list its shots, and find the frames that the stills show."""
    from kinemacolor.cli.progress import Bar
    from kinemacolor.engine.project import new_project

    with Bar(shown=not quiet) as bar:
        project, stills = new_project(
            film,
            exemplars,
            folder=folder,
            output=output,
            options=options,
            note=lambda line: echo(f"Note: {line}", err=True),
            progress=bar.surveying,
        )
    for still in stills:
        if still.note:
            bound = "for no frame" if still.frame is None else f"for frame {still.frame}"
            echo(f"{still.path.name}: {bound}; {still.note}", err=True)
    shots = len(project.shots.read_text(encoding="utf-8").splitlines()) - 1
    echo(f"{project.folder}: {shots} shots, {len(stills)} stills. Run it: kinemacolor project run {project.folder}")


@app.command(cls=Command)
@takes_options(("device", "accept_license", "overwrite"))
def run(
    options: dict[str, object],
    folder: _Folder,
    ray: cluster.Address = None,
    ray_map: cluster.Maps = None,
    ray_cpus: cluster.Cpus = 1.0,
    ray_gpus: cluster.Gpus = None,
    ray_pieces: cluster.Pieces = "store",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress bar.")] = False,
) -> None:
    """Color what is not colored yet, and write the film and the report."""
    from kinemacolor.cli.outcome import going_on, report_result
    from kinemacolor.cli.progress import Bar
    from kinemacolor.engine.project import open_project, run_project

    project = open_project(folder)
    said: list[str] = []
    if ray is None:
        with going_on(kept=True), Bar(shown=not quiet) as bar:
            result = run_project(project, options, bar.listeners())
        said = bar.said
    else:
        from kinemacolor.engine.cluster.session import road_on

        wanted = cluster.cluster_of(ray, ray_map, ray_cpus, ray_gpus, ray_pieces)
        with going_on(kept=True), cluster.standing_bar(shown=not quiet) as told:
            road = road_on(wanted, cluster.log_beside(folder), say=cluster.say, told=told)
            result = run_project(project, options, road=road)
    if result is None:
        echo(f"{project.output} is there and nothing has changed.", err=True)
        return
    echo(f"Report: {project.report}", err=True)
    report_result(result, said)


@app.command(cls=Command)
def status(folder: _Folder) -> None:
    """Say how far a project has come."""
    from kinemacolor.engine.project import open_project, status_of

    project = open_project(folder)
    found = status_of(project)
    state = "done" if found.current else "to be run"
    echo(f"{project.folder}: {state}")
    echo(f"  film    {project.film}")
    echo(f"  output  {project.output}{'' if project.output.exists() else ' (not there yet)'}")
    echo(f"  shots   {found.shots_colored} of {found.shots} colored")
    for still in found.stills:
        bound = "" if still.frame is None else f" @{still.frame}"
        missing = "" if still.path.is_file() else " (MISSING)"
        echo(f"  still   {still.path.name}{bound}{missing}{f': {still.note}' if still.note else ''}")
