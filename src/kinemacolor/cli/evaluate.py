"""``kinemacolor evaluate``: clips in color and models to a report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinemacolor.cli.screen import echo
from kinemacolor.models.default import DEFAULT

if TYPE_CHECKING:
    from kinemacolor.evaluation.clips import Clip
    from kinemacolor.evaluation.rows import Row

_DAMAGED = 3


def evaluate(
    data: Annotated[Path, typer.Option(help="The folder of color clips: films, or folders of pictures.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder for the report.")],
    model: Annotated[
        str,
        typer.Option(
            help="The models to score: NAME[,NAME], as `kinemacolor models` lists them; empty for none. "
            "NAME:SETTING=VALUE is a row of its own with that setting, as --set of colorize takes it."
        ),
    ] = DEFAULT,
    protocol: Annotated[
        str,
        typer.Option(help="The protocol: standard, reach, colormnet-2024, bistnet, deep-exemplar or spatiotemporal."),
    ] = "standard",
    weights: Annotated[
        list[str] | None, typer.Option(help="A checkpoint file: PATH for the only model, or NAME=PATH. Repeatable.")
    ] = None,
    results: Annotated[
        list[str] | None,
        typer.Option(help="Finished films or frames of any tool to score as well: NAME=FOLDER. Repeatable."),
    ] = None,
    exemplars: Annotated[
        str | None,
        typer.Option(
            help="Exemplars: first, middle, last, 9, first+last, 9+-10; a still or clip; a folder or JSON of clips."
        ),
    ] = None,
    dataset: Annotated[
        str,
        typer.Option(help="The layout of --data: folder, or a data set that `kinemacolor datasets list` names."),
    ] = "folder",
    split: Annotated[str, typer.Option(help="The part of the data set to take.")] = "val",
    clip_list: Annotated[
        Path | None, typer.Option("--list", help="A file with the names of the clips to take, one a line.")
    ] = None,
    masks: Annotated[
        Path | None, typer.Option(help="The folder of object masks, with a folder of PNG index maps for each clip.")
    ] = None,
    clip: Annotated[list[str] | None, typer.Option(help="Take only the clip of this name. Repeatable.")] = None,
    frames: Annotated[int | None, typer.Option(min=2, help="Take at most so many frames of each clip.")] = None,
    figures: Annotated[
        str | None, typer.Option(help="Measure only these of the protocol's figures: psnr,cdc,...")
    ] = None,
    sanity: Annotated[bool, typer.Option(help="Add rows for gray, copied chroma and optical flow.")] = True,
    working_size: Annotated[
        str, typer.Option(help="The short side in pixels at which models see the clips, or 'native'.")
    ] = "auto",
    lpips_weights: Annotated[Path | None, typer.Option(help="The AlexNet file of torchvision, for LPIPS.")] = None,
    lpips_heads: Annotated[Path | None, typer.Option(help="The file of LPIPS itself (v0.1, alex.pth).")] = None,
    fid_weights: Annotated[Path | None, typer.Option(help="The Inception file of pytorch-fid, for FID.")] = None,
    fid_clip_weights: Annotated[
        Path | None, typer.Option(help="The Inception v3 file of torchvision, for FID by clip (colormnet-2024).")
    ] = None,
    classifier_weights: Annotated[
        Path | None,
        typer.Option(
            help="The VGG19 file of torchvision, for top-1 and top-5; without it EfficientNet-Lite0 is taken."
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="The device to compute on: auto, cpu, cuda (or gpu), ...")] = "auto",
    accept_license: Annotated[
        bool, typer.Option(help="Agree to the license of weights that have to be fetched.")
    ] = False,
    overwrite: Annotated[bool, typer.Option(help="Replace a report that is there.")] = False,
) -> None:
    """Score models and finished films against color clips, and write tables, plots, pictures and figures by frame."""
    from kinemacolor.evaluation.exemplars import parse_exemplars
    from kinemacolor.evaluation.networks import NetworkFiles, load_networks
    from kinemacolor.evaluation.protocols import protocol_of
    from kinemacolor.evaluation.run import REPORT_FILES, RunSettings, report_folder
    from kinemacolor.evaluation.run import evaluate as run
    from kinemacolor.io.destination import require_free, require_writable

    require_writable(output)
    require_free([output / name for name in REPORT_FILES], overwrite=overwrite)
    chosen = protocol_of(protocol).only(figures.split(",") if figures else None)
    choice = parse_exemplars(exemplars) if exemplars else None
    clips, problems = _clips(data, dataset, split, clip_list, masks)
    clips = _only(clips, clip)
    names = [name.strip() for name in model.split(",") if name.strip()]
    rows = _rows(names, weights or [], results or [], sanity=sanity, device=device, accept_license=accept_license)
    files = NetworkFiles(
        lpips_weights, lpips_heads, fid_weights, fid_clip_weights, classifier_weights, accept_license
    )
    networks, notes = load_networks(chosen.figures, files)
    for note in notes:
        echo(note)
    report = run(
        clips,
        rows,
        chosen,
        report_folder(output, clips, rows, overwrite=overwrite),
        settings=RunSettings(choice, working_size, frames, networks),
        about={
            "data": f"{data.name} ({dataset})",
            "weights": _file_names(weights or ["default"]),
            "left out": ", ".join(sorted(networks.lacking.intersection(chosen.figures))) or "nothing",
        },
        problems=problems,
        say=typer.echo,
    )
    echo(f"{output / 'report.md'}: {len(report.scores)} scores of {len(clips)} clips")
    if report.problems:
        raise typer.Exit(_DAMAGED)


def _clips(
    data: Path, dataset: str, split: str, names: Path | None, masks: Path | None
) -> "tuple[list[Clip], list[str]]":
    """The clips to score, and what is missing."""
    from kinemacolor.evaluation.clips import find_clips, with_masks
    from kinemacolor.evaluation.datasets import dataset_of, take_stock

    if dataset == "folder":
        clips, problems = find_clips(data), []
    else:
        stock = take_stock(dataset_of(dataset), data, split=split, names=names)
        clips, problems = list(stock.clips), list(stock.problems)
    return [with_masks(each, masks) for each in clips] if masks is not None else clips, problems


def _file_names(weights: list[str]) -> str:
    return ", ".join(Path(text).name for text in weights)


def _only(clips: "list[Clip]", wanted: list[str] | None) -> "list[Clip]":
    from kinemacolor.errors import SettingError

    missing = sorted(set(wanted or []) - {clip.name for clip in clips})
    if missing:
        raise SettingError(f"There is no clip {missing[0]}. There are {', '.join(clip.name for clip in clips)}.")
    return [clip for clip in clips if not wanted or clip.name in wanted]


def _rows(
    names: list[str], weights: list[str], results: list[str], *, sanity: bool, device: str, accept_license: bool
) -> "list[Row]":
    from kinemacolor.errors import SettingError
    from kinemacolor.evaluation.rows import ModelRow, ResultsRow, sanity_rows
    from kinemacolor.models.cards import card_of
    from kinemacolor.models.load import load_model
    from kinemacolor.models.settings import assignments

    for name in names:
        card_of(name.partition(":")[0])
    files = _by_name(weights, names)
    rows: list[Row] = list(sanity_rows(device)) if sanity else []
    for row in names:
        name, *settings = row.split(":")
        model = load_model(
            name,
            weights=files.get(row, "default"),
            device=device,
            settings=assignments(settings),
            accept_license=accept_license,
        )
        rows.append(ModelRow(row, model, both_ways=card_of(name).bidirectional))
    for text in results:
        name, equals, folder = text.partition("=")
        if not equals:
            raise SettingError(f"--results {text} has no name. Write NAME=FOLDER.")
        rows.append(ResultsRow(name, Path(folder)))
    taken = [row.name for row in rows]
    twice = [name for name in taken if taken.count(name) > 1]
    if twice:
        raise SettingError(f"Two rows are called '{twice[0]}'. Give each its own name.")
    return rows


def _by_name(weights: list[str], names: list[str]) -> dict[str, str]:
    """Checkpoint paths by model. Raises ``SettingError`` for a model that is not asked for."""
    from kinemacolor.errors import SettingError

    files = {}
    for text in weights:
        # a row's name may have an = of its own: NAME:SETTING=VALUE
        name = max((name for name in names if text.startswith(f"{name}=")), key=len, default=None)
        if name is not None:
            files[name] = text.removeprefix(f"{name}=")
        elif len(names) == 1 and "=" not in text:
            files[names[0]] = text
        else:
            raise SettingError(f"--weights {text} names no model that is evaluated. Write NAME=PATH.")
    return files
