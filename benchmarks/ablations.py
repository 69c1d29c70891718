"""ColorMNet's ablations (its Table 3, Figures 7 and 10), each trained for the same small budget over a light trunk.

    python benchmarks/ablations.py --data TRAIN_CLIPS --clips VAL_CLIPS --out runs/ablations

Every trained row is one config of ``ColorMNetSmall``, trained on the same samples in the same order; every memory row
is one ``MemoryPolicy`` of the network that is the paper's in all (``pvgfe``). Each is scored by ``standard``. What is
there already is not done again; ``--rows`` does some, ``--table`` only writes what there is. Under ``--out`` come
a folder a row (weights, log, report, pictures), ``table.md`` and ``strips.jpg``.
"""

import argparse
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
from PIL import Image

import colormnet_small
from colormnet_small import ColorMNetSmall, ColorMNetSmallConfig
from colormnet_small import recipe as small_recipe
from kinemacolor.data.cache import FrameCache
from kinemacolor.data.clips import Library
from kinemacolor.data.dataset import ClipDataset, Variety
from kinemacolor.data.sources import find_sources
from kinemacolor.evaluation.clips import Clip, find_clips
from kinemacolor.evaluation.protocols import PROTOCOLS
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.evaluation.rows import ModelRow, Row, Truth, sanity_rows
from kinemacolor.evaluation.run import RunSettings, evaluate
from kinemacolor.models.colormnet.policy import MemoryPolicy
from kinemacolor.training.loop import RunSettings as TrainingSettings
from kinemacolor.training.loop import train
from kinemacolor.training.recipe import Recipe, Stage

FULL = ColorMNetSmallConfig(features="pvgfe")
TRAINED: dict[str, ColorMNetSmallConfig] = {
    "pvgfe, mfp, la": FULL,
    "local features": replace(FULL, features="local"),
    "global features": replace(FULL, features="global"),
    "concatenation": replace(FULL, features="concatenation"),
    "recurrent": replace(FULL, propagation="recurrent"),
    "without la": replace(FULL, locality=False),
    "merged features": replace(FULL, features="merged"),
}
MEMORY: dict[str, MemoryPolicy] = {
    "paper's memory": MemoryPolicy(),
    "random choice": MemoryPolicy(choice="random"),
    "decaying weights": MemoryPolicy(choice="decay"),
    "gamma 1": MemoryPolicy(write_every_frames=1),
    "gamma 3": MemoryPolicy(write_every_frames=3),
    "gamma 10": MemoryPolicy(write_every_frames=10),
    "N_e 3": MemoryPolicy(working_min_frames=7),
    "N_e 8": MemoryPolicy(working_min_frames=2),
    "N_s 6": MemoryPolicy(working_max_frames=6, working_min_frames=1),
    "N_s 16": MemoryPolicy(working_max_frames=16, working_min_frames=11),
    "M 16": MemoryPolicy(prototypes_tokens=16),
    "M 512": MemoryPolicy(prototypes_tokens=512),
    "no long-term memory": MemoryPolicy(long_term=False),
}
STACKING = "stacking"
"""Clips of three frames and an exemplar are trained alike with and without MFP, so this row needs no training."""
BUSY = MemoryPolicy(write_every_frames=1, working_max_frames=4, working_min_frames=2, prototypes_tokens=32)
"""A memory so small that a clip of 90 frames passes through it many times: there the choice of tokens matters."""
MEMORY |= {
    "small memory, by usage": BUSY,
    "small memory, random": replace(BUSY, choice="random"),
    "small memory, decaying": replace(BUSY, choice="decay"),
}
SANITY = ("gray", "copied chroma", "optical flow")
FIGURES = ("psnr", "psnr_ab", "ssim_gaussian11")


@dataclass(frozen=True)
class Budget:
    """What every trained row gets."""

    steps: int = 60
    batch: int = 2
    frames: int = 3
    crop_px: int = 128
    learning_rate: float = 1e-3


VARIETY = Variety(
    photograph=0.0,
    frame_before=0.5,
    same_frame=0.0,
    other_frame=0.5,
    other_augmentation=0.0,
    unrelated=0.0,
    exposure=0.0,
    clean=1.0,
)


def all_but_the_trunk(network: ColorMNetSmall) -> list[tuple[list[torch.nn.Parameter], float]]:
    """What learns: the trunk stays ImageNet's, as the release's DINOv2 stays what it was."""
    fixed = {id(parameter) for parameter in network.encoder.trunk.parameters()}
    return [([parameter for parameter in network.parameters() if id(parameter) not in fixed], 1.0)]


def recipe(config: ColorMNetSmallConfig, budget: Budget) -> Recipe:
    """Colormnet-small's recipe with another network and budget."""
    return replace(
        small_recipe.recipe(),
        network=partial(ColorMNetSmall.with_imagenet_trunk, config),
        stages=(Stage(1.0, budget.frames, budget.crop_px),),
        batch=budget.batch,
        learning_rate=budget.learning_rate,
        warm_up_steps=10,
        bf16=True,
        variety=VARIETY,
        groups=all_but_the_trunk,
    )


def trained(name: str, config: ColorMNetSmallConfig, budget: Budget, args: argparse.Namespace) -> Path:
    """The row's weights, trained now where they are not there."""
    folder: Path = args.out / f"{slug(name)}-seed{args.seed}"
    weights = folder / "weights.safetensors"
    if not weights.exists():
        library = Library.open(find_sources([args.data]), FrameCache(args.cache))
        data = ClipDataset(library, VARIETY, seed=args.seed)
        settings = TrainingSettings(device="cpu", checkpoint_every_steps=50, keep_checkpoints=1)
        work = recipe(config, budget)
        done = train(work, data, folder, steps=budget.steps, seed=args.seed, settings=settings)
        if done.ending != "complete":
            weights.unlink()
            raise SystemExit(f"Stopped at step {done.step} of '{name}'; start again to go on from its checkpoint.")
    return weights


def scored(
    name: str,
    rows: list[Row],
    clips: list[Clip],
    args: argparse.Namespace,
    about: Mapping[str, object],
    frames: int | None = None,
) -> None:
    """Writes the row's report, unless it is there."""
    folder: Path = args.out / f"{slug(name)}-seed{args.seed}" / "report"
    if (folder / "report.html").exists():
        return
    began = time.monotonic()
    evaluate(
        clips,
        rows,
        PROTOCOLS["standard"].only(list(FIGURES)),
        folder,
        settings=RunSettings(working_size="native", frames=frames),
        about=dict(about),
        say=partial(print, flush=True),
    )
    print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)


def slug(name: str) -> str:
    """The name as a folder's."""
    return name.replace(",", "").replace("'", "").replace(" ", "-")


def figures_of(name: str, args: argparse.Namespace) -> dict[str, dict[str, float]] | None:
    """The row's means, None where it was not scored."""
    folder = "sanity" if name in SANITY else slug(name)
    path = args.out / f"{folder}-seed{args.seed}" / "report" / "report.json"
    if not path.with_suffix(".html").exists():  # written last
        return None
    means: dict[str, dict[str, dict[str, float]]] = json.loads(path.read_text())["means"]
    return means[name]


def table(names: list[str], args: argparse.Namespace, reference: str) -> str:
    """A line for each row that was scored, with its distance from the reference row."""
    found = {name: figures for name in names if (figures := figures_of(name, args)) is not None}
    base = found.get(reference, {}).get("psnr", {}).get("whole")
    lines = ["| | PSNR | against the first | last 20 | PSNR ab | SSIM |", "|---|--:|--:|--:|--:|--:|"]
    for name, figures in found.items():
        psnr, ab, ssim = (figures[figure] for figure in FIGURES)
        off = "" if base is None or name == reference else f"{psnr['whole'] - base:+.2f}"
        cells = [f"{psnr['whole']:.2f}", off, f"{psnr['last']:.2f}", f"{ab['whole']:.2f}", f"{ssim['whole']:.4f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def strips(names: list[str], clips: list[Clip], args: argparse.Namespace) -> None:
    """One picture: of some clips the last frame, by every row that was scored."""
    sheets = []
    for clip in clips[:: max(1, len(clips) // 3)][:3]:
        tiles: list[Image.Image] = []
        for name in names:
            path = args.out / f"{slug(name)}-seed{args.seed}" / "report" / "strips" / f"{clip.name}.jpg"
            if path.exists():
                with Image.open(path) as picture:
                    # the lower line is the last frame; the truth's tile is taken once
                    first = 0 if not tiles else 320
                    tiles.append(picture.crop((first, picture.height // 2, picture.width, picture.height)))
        if tiles:
            sheet = Image.new("RGB", (sum(tile.width for tile in tiles), tiles[0].height), "white")
            for number, tile in enumerate(tiles):
                sheet.paste(tile, (sum(t.width for t in tiles[:number]), 0))
            sheets.append(sheet)
    if sheets:
        page = Image.new("RGB", (max(s.width for s in sheets), sum(s.height for s in sheets)), "white")
        for number, sheet in enumerate(sheets):
            page.paste(sheet, (0, sum(s.height for s in sheets[:number])))
        page.resize((page.width // 2, page.height // 2)).save(args.out / "strips.jpg", quality=88)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of color films to learn from")
    parser.add_argument("--clips", type=Path, required=True, help="folder of clips to score on")
    parser.add_argument("--only", nargs="+", help="names of clips to score on; else all")
    parser.add_argument("--long", nargs="+", help="names of clips for the memory rows; else all")
    parser.add_argument("--frames", type=int, help="at most so many frames a clip, but for the memory rows")
    parser.add_argument("--cache", type=Path, default=Path("cache"), help="where decoded films are kept")
    parser.add_argument("--out", type=Path, default=Path("ablations"))
    parser.add_argument("--rows", nargs="+", help="only these")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=Budget.steps)
    parser.add_argument("--table", action="store_true", help="only write the table of what there is")
    args = parser.parse_args()
    torch.set_num_threads(1)
    budget = Budget(steps=args.steps)
    every = find_clips(args.clips)
    clips = [clip for clip in every if not args.only or clip.name in args.only]
    long = [clip for clip in every if not args.long or clip.name in args.long]
    if not args.table:
        run(clips, long, budget, args)
    head = f"Budget: {json.dumps(asdict(budget))}, seed {args.seed}; made by {json.dumps(provenance())}."
    of_paper = [*TRAINED, STACKING]
    parts = [
        head,
        table([*of_paper, *SANITY], args, next(iter(TRAINED))),
        table(list(MEMORY), args, next(iter(MEMORY))),
    ]
    (args.out / f"table-seed{args.seed}.md").write_text("\n\n".join(parts) + "\n")
    strips(of_paper, clips, args)
    print("\n\n".join(parts))


def run(clips: list[Clip], long: list[Clip], budget: Budget, args: argparse.Namespace) -> None:
    """Trains and scores what is not there yet."""
    wanted = args.rows or [*TRAINED, STACKING, *MEMORY]
    for name, config in TRAINED.items():
        if name in wanted:
            began = time.monotonic()
            weights = trained(name, config, budget, args)
            print(f"{name}: trained, {time.monotonic() - began:.0f} s", flush=True)
            row = ModelRow(name, colormnet_small.load(weights))
            scored(
                name, [Truth(), row], clips, args, {"config": asdict(config), "budget": asdict(budget)}, args.frames
            )
    full = trained(next(iter(TRAINED)), FULL, budget, args)
    if STACKING in wanted:
        row = ModelRow(STACKING, colormnet_small.load(full, settings=MemoryPolicy.of("stacking")))
        scored(STACKING, [Truth(), row], clips, args, {"policy": asdict(MemoryPolicy.of("stacking"))}, args.frames)
    for name, policy in MEMORY.items():
        if name in wanted:
            row = ModelRow(name, colormnet_small.load(full, settings=policy))
            scored(name, [Truth(), row], long, args, {"policy": asdict(policy)})
    if not args.rows:
        scored("sanity", sanity_rows("cpu"), clips, args, {}, args.frames)


if __name__ == "__main__":
    main()
