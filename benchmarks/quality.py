"""How near a model's colours come to the true ones, and how best to bring chroma to full size.

    python benchmarks/quality.py FOLDER --model matching --working-size 480 --output results/quality
    python benchmarks/quality.py FOLDER --upsampling --working-size 240 --output results/upsampling

FOLDER holds colour clips of one shot each (any format that PyAV decodes; short side 480 or so, 2 to 5 seconds). Any
will do: film a few scenes, or take the validation sequences of DAVIS (davischallenge.org), joined to clips. Each clip
is made gray, its first frame is the only exemplar, and the PSNR of every later frame is taken in 8-bit RGB, float64,
with the true L* kept. Sanity rows: gray input, the exemplar's chroma copied place for place, optical flow alone.

Writes OUTPUT.md (tables), OUTPUT.json (every frame's figure, settings, machine) and OUTPUT/<clip>.png: gray |
exemplar | model | truth, for the middle frame and the last. With ``--upsampling`` the rows are ways to bring chroma
from the working size to full size, of the true chroma and of the model's.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from kinemacolor import __version__, color, load_model
from kinemacolor.models.base import Reference
from kinemacolor.resize import fit, resize

_END_FRAMES = 20
_STRIP_HEIGHT_PX = 240
_SUFFIXES = {".mp4", ".mkv", ".mov", ".avi", ".webm"}

Colouring = Callable[[list[Tensor], Tensor], Iterator[Tensor]]
"""Chroma of each of a clip's lumas, given the exemplar's chroma (all at working size)."""


def read_clip(path: Path, frames: int | None) -> list[Tensor]:
    """The clip's frames as RGB, uint8 (3, h, w)."""
    pictures = []
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            pictures.append(torch.from_numpy(frame.to_ndarray(format="rgb24")).permute(2, 0, 1))
            if len(pictures) == frames:
                break
    return pictures


def psnr(picture: Tensor, truth: Tensor) -> float:
    """PSNR in dB of two uint8 pictures, in float64."""
    error = (picture.double() - truth.double()).square().mean().item()
    return float(10 * np.log10(255**2 / max(error, 1e-12)))


def gray(lumas: list[Tensor], chroma: Tensor) -> Iterator[Tensor]:
    """No colour at all."""
    return (torch.zeros_like(chroma) for _ in lumas)


def copied(lumas: list[Tensor], chroma: Tensor) -> Iterator[Tensor]:
    """The exemplar's chroma, place for place."""
    return (chroma for _ in lumas)


def model_row(name: str) -> Colouring:
    """A model of ours; the first frame is its exemplar."""
    model = load_model(name)

    def run(lumas: list[Tensor], chroma: Tensor) -> Iterator[Tensor]:
        yield from (answer.float().cpu() for answer in model.colorize(lumas, [Reference(lumas[0], chroma, 0)]))

    return run


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
    """Chroma at the luma's size: nine low-resolution neighbours, weighted by place and L* (Kopf et al., 2007)."""
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


class Clip:
    """A clip, its L*a*b*, and both at the working size."""

    def __init__(self, path: Path, short_side_px: int, frames: int | None) -> None:
        self.name = path.stem
        self.pictures = read_clip(path, frames)
        self.size = (self.pictures[0].shape[-2], self.pictures[0].shape[-1])
        self.working = fit(self.size, short_side_px)
        self.lumas = [color.split(picture)[0] for picture in self.pictures]
        self.small_lumas = [resize(luma, self.working) for luma in self.lumas]
        self.exemplar = resize(color.split(self.pictures[0])[1], self.working)

    def in_color(self, index: int, chroma: Tensor) -> Tensor:
        """A frame with its own L* and this chroma of full size, uint8 RGB."""
        return color.combine(self.lumas[index], chroma)


def score(clip: Clip, colouring: Colouring) -> tuple[list[float], float, dict[int, Tensor]]:
    """PSNR of each frame after the first, seconds a frame, and the middle and last picture."""
    shown, figures, seconds = {}, [], 0.0
    answers = colouring(clip.small_lumas, clip.exemplar)
    for index, truth in enumerate(clip.pictures):
        began = time.perf_counter()
        chroma = next(answers)
        seconds += time.perf_counter() - began
        if index == 0:
            continue
        picture = clip.in_color(index, resize(chroma, clip.size))
        figures.append(psnr(picture, truth))
        if index in (len(clip.pictures) // 2, len(clip.pictures) - 1):
            shown[index] = picture
    return figures, seconds / len(clip.pictures), shown


def save_strip(path: Path, clip: Clip, shown: dict[int, Tensor]) -> None:
    """Gray | exemplar | model | truth, a row for each frame shown."""
    height = min(_STRIP_HEIGHT_PX, clip.size[0])
    size = (height, round(clip.size[1] * height / clip.size[0]))
    rows = []
    for index, picture in shown.items():
        colorless = clip.in_color(index, torch.zeros(2, *clip.size))
        panels = (colorless, clip.pictures[0], picture, clip.pictures[index])
        rows.append(torch.cat([resize(panel.float(), size) for panel in panels], dim=-1))
    strip = torch.cat(rows, dim=-2).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.ascontiguousarray(strip.numpy())).save(path)


def quality(clips: Iterator[Clip], models: Sequence[str], output: Path) -> dict[str, dict[str, list[float]]]:
    """PSNR of each frame, by row and clip; strips of the first model are saved on the way."""
    rows: dict[str, Colouring] = {"gray": gray, "copied chroma": copied}
    rows |= {name: model_row(name) for name in dict.fromkeys(["flow", *models])}
    table: dict[str, dict[str, list[float]]] = {name: {} for name in rows}
    for clip in clips:
        for name, colouring in rows.items():
            table[name][clip.name], seconds, shown = score(clip, colouring)
            print(
                f"{clip.name:24} {name:16} {np.mean(table[name][clip.name]):6.2f} dB {seconds:.3f} s/frame",
                flush=True,
            )
            if name == models[0]:
                save_strip(output / f"{clip.name}.png", clip, shown)
    return table


def upsampling(clips: Iterator[Clip], model: str, every: int) -> dict[str, dict[str, list[float]]]:
    """PSNR by way of upsampling and clip, of true chroma and of the model's, at every ``every``-th frame."""
    colouring = model_row(model)
    table: dict[str, dict[str, list[float]]] = {}
    spent = dict.fromkeys(UPSAMPLERS, 0.0)
    for clip in clips:
        predictions = colouring(clip.small_lumas, clip.exemplar)
        for index, predicted in enumerate(predictions):
            if index == 0 or index % every:
                continue
            true = resize(color.split(clip.pictures[index])[1], clip.working)
            for kind, chroma in (("true", true), (model, predicted)):
                for name, upsample in UPSAMPLERS.items():
                    began = time.perf_counter()
                    full = upsample(chroma, clip.lumas[index])
                    spent[name] += time.perf_counter() - began
                    figure = psnr(clip.in_color(index, full), clip.pictures[index])
                    table.setdefault(f"{kind}, {name}", {}).setdefault(clip.name, []).append(figure)
        print(f"{clip.name} done", flush=True)
    frames = 2 * sum(len(figures) for figures in table[f"true, {next(iter(UPSAMPLERS))}"].values())
    print("ms a frame: " + ", ".join(f"{name} {1000 * s / frames:.0f}" for name, s in spent.items()))
    return table


def markdown(table: dict[str, dict[str, list[float]]]) -> str:
    """A table: PSNR over the whole clip / its first 20 frames / its last 20."""

    def cell(figures: Sequence[float]) -> list[float]:
        return [float(np.mean(part)) for part in (figures, figures[:_END_FRAMES], figures[-_END_FRAMES:])]

    names = list(next(iter(table.values())))
    lines = ["| | " + " | ".join([*names, "mean"]) + " |", "|---" * (len(names) + 2) + "|"]
    for row, clips in table.items():
        cells = [cell(clips[name]) for name in names]
        cells.append(np.mean(cells, axis=0).tolist())
        lines.append(f"| {row} | " + " | ".join(" / ".join(f"{v:.2f}" for v in values) for values in cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", action="append", help="repeatable; strips show the first (default: matching)")
    parser.add_argument("--working-size", type=int, default=480, help="short side in pixels")
    parser.add_argument("--frames", type=int, help="at most so many frames a clip")
    parser.add_argument("--clip", action="append", help="only clips of this name, repeatable")
    parser.add_argument("--upsampling", action="store_true", help="compare ways to bring chroma to full size")
    parser.add_argument("--every", type=int, default=5, help="with --upsampling: score every so many frames")
    parser.add_argument("--output", type=Path, default=Path("quality"), help="path without suffix")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    models = arguments.model or ["matching"]
    paths = sorted(path for path in arguments.folder.iterdir() if path.suffix in _SUFFIXES)
    paths = [path for path in paths if not arguments.clip or path.stem in arguments.clip]
    if not paths:
        parser.error(f"{arguments.folder} holds no clip ({', '.join(sorted(_SUFFIXES))}) of a name asked for.")
    clips = (Clip(path, arguments.working_size, arguments.frames) for path in paths)
    with torch.inference_mode():
        if arguments.upsampling:
            table = upsampling(clips, models[0], arguments.every)
        else:
            table = quality(clips, models, arguments.output)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, kinemacolor {__version__}"
    title = (
        f"PSNR in dB, whole clip / first {_END_FRAMES} / last {_END_FRAMES}; working size {arguments.working_size}"
    )
    text = f"{title}; {machine}\n\n{markdown(table)}\n"
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.with_suffix(".md").write_text(text)
    record = {"machine": machine, "working_size_px": arguments.working_size, "models": models, "psnr_db": table}
    arguments.output.with_suffix(".json").write_text(json.dumps(record, indent=1))
    print("\n" + text)


if __name__ == "__main__":
    main()
