"""``kinemacolor match``: the best color photographs for each shot, from a folder of them."""

import json
from pathlib import Path
from typing import Annotated

import typer

from kinemacolor.cli.screen import echo

_LIMIT_BYTES = 2**30


def match(
    source: Annotated[str, typer.Argument(metavar="INPUT", help="A film, a folder or pattern of pictures.")],
    photographs: Annotated[Path, typer.Argument(help="A folder of color photographs, with all folders in it.")],
    best: Annotated[int, typer.Option("--best", "-n", min=1, help="The number of photographs for each shot.")] = 3,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A folder to copy the chosen photographs to, as exemplars.")
    ] = None,
    frame_rate: Annotated[
        str | None, typer.Option(help="The frame rate of pictures as input; 24 unless told.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace photographs that are in the folder already.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Show which color photographs suit each shot best."""
    from kinemacolor.io import Film
    from kinemacolor.io.destination import require_writable
    from kinemacolor.suggest.photographs import match_photographs

    if output is not None:
        require_writable(output)
    film = Film.open(source, frame_rate=frame_rate)
    found = match_photographs(
        film,
        photographs,
        best=best,
        note=lambda line: echo(f"Warning: {line}", err=True),
    )
    if output is not None:
        _copied({m.photograph for m in found}, photographs, output, film.files, overwrite=overwrite)
    if as_json:
        rows = [
            {"shot": [m.shot.start, m.shot.stop], "photograph": str(m.photograph), "likeness": m.likeness}
            for m in found
        ]
        echo(json.dumps(rows, indent=2))
        return
    for each in found:
        shot = f"shot {each.shot.start}-{each.shot.stop - 1}"
        echo(f"{shot:<20} {each.likeness:5.2f}  {each.photograph}")


def _copied(chosen: "set[Path]", photographs: Path, output: Path, film: "list[Path]", *, overwrite: bool) -> None:
    """Copies the chosen photographs into a folder, under names that bind them to no frame."""
    from kinemacolor.errors import InputError, reason_of
    from kinemacolor.io.output_folder import OutputFolder
    from kinemacolor.io.regular import read_regular

    # the folders are part of the name, and no number ends it: it is no frame of the film
    names = {path: "_".join(path.relative_to(photographs).with_suffix("").parts) for path in sorted(chosen)}
    copies = {path: f"{name}_photo{path.suffix}" for path, name in names.items()}
    folder = OutputFolder(output, list(copies.values()), reads=[*photographs.rglob("*"), *film], overwrite=overwrite)
    for path, copy in copies.items():
        try:
            content = read_regular(path, limit_bytes=_LIMIT_BYTES)
        except OSError as error:
            raise InputError(f"{path} cannot be read ({reason_of(error)}). Leave it out of the folder.") from error
        folder.write(copy, content)
