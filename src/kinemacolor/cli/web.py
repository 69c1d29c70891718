"""``kinemacolor web``: the page."""

from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli.options import takes_options
from kinemacolor.cli.screen import echo


@takes_options(("model", "effort", "working_size", "device", "accept_license"))
def web(
    options: dict[str, object],
    target: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILM|PROJECT|FOLDER]",
            help="A film or project to open, or the folder to work in; ~/Kinemacolor.",
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The port to serve at; a free one from 8767 on.")
    ] = None,
    open_browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser, or only print its address.")
    ] = True,
    host: Annotated[
        str,
        typer.Option(
            help="The address to serve at. Any but 127.0.0.1 lets other machines in who have the printed key."
        ),
    ] = "127.0.0.1",
    name: Annotated[
        list[str] | None,
        typer.Option(help="A name that the page is also reached by, as behind a proxy. Repeatable."),
    ] = None,
    root_path: Annotated[
        str, typer.Option(help="The path that a proxy serves the page under, for instance /color.")
    ] = "",
    kept_hours: Annotated[
        float,
        typer.Option(
            "--keep-hours",
            min=0,
            help="With --host: the films of a browser that has not come back for so many hours are removed; 0 keeps "
            "them. Films of this machine's own user are never removed.",
        ),
    ] = 24.0,
) -> None:
    """Open a page in the browser: color a film, see where colors are wrong, mend them, and save it."""
    from kinemacolor.errors import SettingError

    try:
        from kinemacolor.web.serve import Settings, serve
    except ModuleNotFoundError as error:
        raise SettingError(
            f"The page needs a part that is not installed ({error.name}). Install it: pip install 'kinemacolor[web]'."
        ) from error
    settings = Settings(
        host=host,
        port=port,
        names=tuple(name or ()),
        root_path=root_path,
        open_browser=open_browser,
        kept_hours=kept_hours,
    )
    given = {key: value for key, value in options.items() if value not in (None, False)}

    def told(address: str) -> None:
        echo(f"The page is at {address}")
        echo("Stop it with Ctrl+C. What is finished is kept; what is being colored goes on when it is opened again.")

    serve(target, given, settings, told)
