"""How best to bring chroma from the working size to full size.

    python benchmarks/upsampling.py FOLDER --working-size 240 --output results/upsampling

FOLDER holds color clips of one shot each (short side 480 or so, 2 to 5 seconds). Their chroma is reduced to the
working size and brought back in several ways, and so is a model's chroma (first frame as exemplar). The figure is the
PSNR in 8-bit RGB, float64, with the true L* kept. Writes OUTPUT.md (the table) and OUTPUT.json (every frame's figure,
settings, machine).
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from kinemacolor import color, load_model
from kinemacolor.evaluation.clips import Clip, Pictures, find_clips
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.metrics.psnr import psnr
from kinemacolor.models.base import Reference
from kinemacolor.resize import fit, resize


def guided(chroma: Tensor, luma: Tensor, *, radius: int, epsilon: float, detail_only: bool) -> Tensor:
    """Chroma at the luma's size by the fast guided filter (He and Sun, 2015, arXiv:1505.00996).

    ``detail_only`` adds to bilinear chroma what the local linear model says of the luma's detail, and nothing else.
    """
    size, small = (luma.shape[-2], luma.shape[-1]), (chroma.shape[-2], chroma.shape[-1])
    guide = resize(luma, small)

    def mean(planes: Tensor) -> Tensor:
        return F.avg_pool2d(planes[None], 2 * radius + 1, 1, radius, count_include_pad=False)[0]

    slope = (mean(guide * chroma) - mean(guide) * mean(chroma)) / (mean(guide**2) - mean(guide) ** 2 + epsilon)
    if detail_only:
        return resize(chroma, size) + resize(mean(slope), size) * (luma - resize(guide, size))
    return resize(mean(slope), size) * luma + resize(mean(mean(chroma) - slope * mean(guide)), size)


def joint_bilateral(chroma: Tensor, luma: Tensor, *, luma_sigma: float) -> Tensor:
    """Chroma at the luma's size: nine low-resolution neighbors, weighted by place and L* (Kopf et al., 2007)."""
    height, width = luma.shape[-2:]
    rows, columns = chroma.shape[-2:]
    guide = resize(luma, (rows, columns))
    y = (torch.arange(height) + 0.5) * rows / height - 0.5
    x = (torch.arange(width) + 0.5) * columns / width - 0.5
    total, weights = torch.zeros(2, height, width), torch.zeros(1, height, width)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            row, column = y.round() + dy, x.round() + dx
            near = (-2 * ((row - y)[:, None] ** 2 + (column - x)[None] ** 2)).exp()
            at = row.long().clamp(0, rows - 1)[:, None], column.long().clamp(0, columns - 1)[None]
            weight = near * (-((guide[0][at] - luma[0]) ** 2) / (2 * luma_sigma**2)).exp() + 1e-6
            total += weight * chroma[:, at[0], at[1]]
            weights += weight
    return total / weights


UPSAMPLERS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "bilinear": lambda c, luma: resize(c, (luma.shape[-2], luma.shape[-1])),
    "guided r2 e4": lambda c, luma: guided(c, luma, radius=2, epsilon=4.0, detail_only=False),
    "guided detail r2 e4": lambda c, luma: guided(c, luma, radius=2, epsilon=4.0, detail_only=True),
    "guided detail r2 e20": lambda c, luma: guided(c, luma, radius=2, epsilon=20.0, detail_only=True),
    "guided detail r4 e20": lambda c, luma: guided(c, luma, radius=4, epsilon=20.0, detail_only=True),
    "joint bilateral s3": lambda c, luma: joint_bilateral(c, luma, luma_sigma=3.0),
    "joint bilateral s8": lambda c, luma: joint_bilateral(c, luma, luma_sigma=8.0),
}


def predictions(model: str, lumas: Sequence[Tensor], chroma: Tensor, size: tuple[int, int]) -> Iterator[Tensor]:
    """The model's chroma at the working size, the first frame being the exemplar."""
    small = [resize(luma, size) for luma in lumas]
    answers = load_model(model).colorize(small, [Reference(small[0], resize(chroma, size), 0)])
    return (answer.chroma for answer in answers)


def upsampling(
    clips: Sequence[Clip], model: str, short_side_px: int, every: int
) -> dict[str, dict[str, list[float]]]:
    """PSNR by way of upsampling and clip, of true chroma and of the model's, at every ``every``-th frame."""
    table: dict[str, dict[str, list[float]]] = {}
    spent = dict.fromkeys(UPSAMPLERS, 0.0)
    for clip in clips:
        pictures = [picture.rgb for picture in Pictures(clip.path)]
        lumas = [color.split(picture)[0] for picture in pictures]
        working = fit((lumas[0].shape[-2], lumas[0].shape[-1]), short_side_px)
        answers = predictions(model, lumas, color.split(pictures[0])[1], working)
        for index, (truth, predicted) in enumerate(zip(pictures, answers)):
            if index == 0 or index % every:
                continue
            true = resize(color.split(truth)[1], working)
            for kind, chroma in (("true", true), (model, predicted.float().cpu())):
                for name, upsample in UPSAMPLERS.items():
                    began = time.perf_counter()
                    full = upsample(chroma, lumas[index])
                    spent[name] += time.perf_counter() - began
                    figure = psnr(color.combine(lumas[index], full), truth)
                    table.setdefault(f"{kind}, {name}", {}).setdefault(clip.name, []).append(figure)
        print(f"{clip.name} done", flush=True)
    frames = 2 * sum(len(figures) for figures in table[f"true, {next(iter(UPSAMPLERS))}"].values())
    print("ms a frame: " + ", ".join(f"{name} {1000 * s / frames:.0f}" for name, s in spent.items()))
    return table


def markdown(table: dict[str, dict[str, list[float]]]) -> str:
    """A table of each clip's mean."""
    names = list(next(iter(table.values())))
    lines = ["| | " + " | ".join([*names, "mean"]) + " |", "|---" * (len(names) + 2) + "|"]
    for row, clips in table.items():
        cells = [float(np.mean(clips[name])) for name in names]
        lines.append(f"| {row} | " + " | ".join(f"{v:.2f}" for v in [*cells, float(np.mean(cells))]) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="matching")
    parser.add_argument("--working-size", type=int, default=240, help="short side in pixels")
    parser.add_argument("--clip", action="append", help="only clips of this name, repeatable")
    parser.add_argument("--every", type=int, default=5, help="score every so many frames")
    parser.add_argument("--output", type=Path, default=Path("upsampling"), help="path without suffix")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    clips = [clip for clip in find_clips(arguments.folder) if not arguments.clip or clip.name in arguments.clip]
    with torch.inference_mode():
        table = upsampling(clips, arguments.model, arguments.working_size, arguments.every)
    text = f"PSNR in dB; working size {arguments.working_size}; {provenance()}\n\n{markdown(table)}\n"
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".md").write_text(text)
    record = {"provenance": provenance(), "working_size_px": arguments.working_size, "psnr_db": table}
    arguments.output.with_suffix(".json").write_text(json.dumps(record, indent=1))
    print("\n" + text)


if __name__ == "__main__":
    main()
