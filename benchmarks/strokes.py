"""A still from strokes: PSNR over frames whose strokes come from the truth, and the time it takes.

    python benchmarks/strokes.py VAL_CLIPS_FOLDER [FOLDER ...] --frames 10 --strokes 12 \\
        --output results.md --pictures FOLDER

Of each clip (folder by folder, by name, the first ``--frames`` of them) the middle frame is made gray and painted by
rule: k-means (16 means, seeded) over L* times 0.3, a* and b* of the blurred truth; the connected areas of one mean
from the largest down; in each a stroke through the place farthest from its border, 7 px of 480 thick and up to 61
wide where the area lets it, of one color: the median of the truth under it.

Rows: gray; ``classical``, the strokes by luma alone with the paper's weights and hard constraints (Levin, Lischinski
and Weiss 2004: each place is the mean of its neighbors in 3 x 3, weighed by Eq. 2; solved exactly); ``luma alone``,
the graph of ``engine.paint`` without a model; ``guess alone``, the model's guess without strokes; ``ours`` and its
preview. Times are seconds of one core; that of ``ours`` counts the look of the model at the frame.
Any clips in color will do. Those of benchmarks/results are the validation clips that its other files name, of DAVIS
2017 (davischallenge.org) and other sets; they are not in the repository.
"""

import argparse
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import scipy.sparse as sparse
import torch
from scipy.sparse.linalg import splu

from kinemacolor import color
from kinemacolor.engine.compose import rgb_in_color
from kinemacolor.engine.paint import Canvas, Strokes, strokes_on
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.frames import RGB
from kinemacolor.io.sheets import sheet
from kinemacolor.metrics.psnr import psnr
from kinemacolor.models.base import Guesser
from kinemacolor.models.load import load_model

MEANS, LUMA_SHARE, BLUR_PX, RADIUS_PX, HALF_PX = 16, 0.3, 2.0, 3, 30
ROWS = ("gray", "classical", "luma alone", "guess alone", "ours", "preview")
PICTURED = ("strokes", "classical", "ours", "truth")
_NEIGHBORS = ((0, 1), (1, 0), (1, 1), (1, -1))


@dataclass(frozen=True)
class Painted:
    """A frame in color, in gray, and the strokes on it."""

    name: str
    truth: RGB
    gray: RGB
    strokes: Strokes


def middle_frame(path: Path) -> RGB:
    with av.open(str(path)) as film:
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    return torch.from_numpy(pictures[len(pictures) // 2]).permute(2, 0, 1).contiguous()


def painted(name: str, truth: RGB, count: int, seed: int) -> Painted:
    """The frame with its strokes by the rule above."""
    gray = color.to_8_bits(color.gray_of_rgb(truth, matrix_for(truth)).expand(3, -1, -1))
    scale = min(truth.shape[-2:]) / 480
    areas = sorted(areas_of(truth, scale, seed), key=lambda area: -int(area.sum()))
    layer, alpha = torch.zeros_like(truth), torch.zeros(1, *truth.shape[-2:])
    for area in areas[:count]:
        where = torch.from_numpy(stroke_in(area, scale))
        layer[:, where] = truth[:, where].float().median(1, keepdim=True).values.round().to(torch.uint8)
        alpha[0, where] = 1
    return Painted(name, truth, gray, strokes_on(gray, layer, alpha))


def matrix_for(picture: RGB) -> str:
    return "bt601" if picture.shape[-2] < 720 else "bt709"


def areas_of(truth: RGB, scale: float, seed: int) -> list[np.ndarray]:
    """The connected areas of one color."""
    lab = np.stack([cv2.GaussianBlur(plane, (0, 0), BLUR_PX * scale) for plane in color.lab_of(truth).numpy()])
    rows = (lab * np.array([LUMA_SHARE, 1, 1], np.float32)[:, None, None]).reshape(3, -1).T.copy()
    cv2.setRNGSeed(seed)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 30, 0.1)
    _, labels, _ = cv2.kmeans(rows, MEANS, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    found = []
    for mean in range(MEANS):
        mask = (labels == mean).reshape(truth.shape[-2:]).astype(np.uint8)
        count, parts, facts, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        large = sorted(range(1, count), key=lambda part: -facts[part, cv2.CC_STAT_AREA])[:32]
        found += [parts == part for part in large]
    return found


def stroke_in(area: np.ndarray, scale: float) -> np.ndarray:
    """A horizontal stroke through the innermost place of an area."""
    depth = cv2.distanceTransform(np.pad(area.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = (int(each) for each in np.unravel_index(depth.argmax(), depth.shape))
    radius = max(1, min(round(RADIUS_PX * scale), int(depth[row, column] / 2)))
    reach = round(HALF_PX * scale)
    left = right = column
    while left > max(0, column - reach) and depth[row, left - 1] > radius:
        left -= 1
    while right < min(area.shape[1] - 1, column + reach) and depth[row, right + 1] > radius:
        right += 1
    stroke = np.zeros(area.shape, np.uint8)
    cv2.line(stroke, (left, row), (right, row), 1, 2 * radius + 1)
    return stroke > 0


def classical(luma: np.ndarray, known: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The paper's: each place is the mean of its neighbors weighed by Eq. 2, strokes are constraints."""
    height, width = luma.shape
    mean = cv2.blur(luma, (3, 3))
    variance = np.maximum(cv2.blur(luma * luma, (3, 3)) - mean * mean, 0.05)
    number = np.arange(height * width).reshape(height, width)
    ones, others, weights = [], [], []
    for down, right in _NEIGHBORS:
        here = (slice(0, height - down), slice(max(0, -right), width - max(0, right)))
        there = (slice(down, height), slice(max(0, right), width - max(0, -right)))
        unlike = np.square(luma[here] - luma[there])
        for one, other in ((here, there), (there, here)):
            ones.append(number[one].ravel())
            others.append(number[other].ravel())
            weights.append(np.maximum(np.exp(-unlike / (2 * variance[one])), 1e-6).ravel())
    shape = (number.size, number.size)
    near = sparse.coo_matrix((np.concatenate(weights), (np.concatenate(ones), np.concatenate(others))), shape).tocsr()
    mean_of = sparse.diags(1 / np.asarray(near.sum(1)).ravel()) @ near
    free = sparse.diags(~where.ravel() * 1.0)
    system = (sparse.identity(number.size) - free @ mean_of).tocsc()
    solver = splu(system, "MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return solver.solve((known * where).reshape(2, -1).T.copy()).T.reshape(2, height, width)


def colored(case: Painted, model: Guesser) -> tuple[dict[str, RGB], dict[str, float]]:
    """The pictures by row, and seconds of the processor for those that are ours."""
    canvas, bare, seconds = Canvas(case.gray, model), Canvas(case.gray, None), {}
    began = time.process_time()
    guess = canvas.guess
    assert guess is not None
    seconds["look"] = time.process_time() - began
    pictures = {"gray": case.gray, "luma alone": bare.still(case.strokes)}
    matrix = matrix_for(case.gray)
    pictures["guess alone"] = rgb_in_color(case.gray, guess.chroma, matrix)
    luma = color.luma_of_gray(color.gray_of_rgb(case.gray, matrix))[0].double().numpy()
    by_paper = classical(luma, case.strokes.chroma.numpy(), case.strokes.where.numpy())
    pictures["classical"] = rgb_in_color(case.gray, torch.from_numpy(by_paper).float(), matrix)
    for name, make in (("preview", canvas.preview), ("ours", Canvas(case.gray, model).still)):
        began = time.process_time()
        pictures[name] = make(case.strokes)
        seconds[name] = time.process_time() - began
    return pictures, seconds


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folders", nargs="+", type=Path)
    options.add_argument("--frames", type=int, default=10)
    options.add_argument("--strokes", type=int, default=12)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--output", type=Path)
    options.add_argument("--pictures", type=Path)
    given = options.parse_args()
    torch.set_num_threads(1)
    model = load_model()
    assert isinstance(model, Guesser)
    clips = [clip for folder in given.folders for clip in sorted(folder.glob("*.mp4"))][: given.frames]
    head = "clip | size | " + " | ".join(ROWS) + " | still, s | preview, s"
    lines = [f"| {head} |", "|---|---|" + "--:|" * (len(ROWS) + 2)]
    scores: dict[str, list[float]] = {row: [] for row in ROWS}
    for clip in clips:
        case = painted(clip.stem, middle_frame(clip), given.strokes, given.seed)
        pictures, seconds = colored(case, model)
        for row in ROWS:
            scores[row].append(float(psnr(pictures[row], case.truth)))
        height, width = case.truth.shape[-2:]
        figures = " | ".join(f"{scores[row][-1]:.2f}" for row in ROWS)
        times = f"{seconds['ours']:.2f} | {seconds['preview']:.2f}"
        lines.append(f"| {case.name} | {width}x{height} | {figures} | {times} |")
        print(lines[-1], flush=True)
        if given.pictures is not None:
            given.pictures.mkdir(parents=True, exist_ok=True)
            pictures["truth"] = case.truth
            pictures["strokes"] = torch.where(case.strokes.where, case.strokes.rgb, case.gray)
            row = [(name, pictures[name]) for name in PICTURED]
            sheet([row[:2], row[2:]]).save(given.pictures / f"{case.name}.jpg", quality=88)
    means = " | ".join(f"**{statistics.mean(scores[row]):.2f}**" for row in ROWS)
    lines.append(f"| **mean** | | {means} | | |")
    print(lines[-1])
    if given.output is not None:
        given.output.write_text("\n".join([*lines, "", str(provenance()), ""]))


if __name__ == "__main__":
    main()
