"""The color prior alone: its gain over gray, by how far the exemplar reaches, and what it leaves gray.

    python benchmarks/color_prior.py WEIGHTS --set NAME CLIPS... [--set ...] [--leaving LIST FOLDERS...]

WEIGHTS is a weights file, or a run's folder, of whose newest checkpoint the running mean is taken. Each clip's first
frame is the exemplar; every 12th frame is measured at stride 4 of a short side of 256. Errors are distances in the
plane of a* and b*. "dB" is a clip's squared error below that of gray, a mean over clips; "rms" are over all places of
a set's clips together, each clip with the same weight. Classes are those of kinemacolor.evaluation.reach: tracked
(a), alike (b), out of reach (c). "Left gray" is the share of colorful places (chroma above 12) with less than a
third of their chroma. "found / foretold" is the squared error over the one that the model expects, (a) / (b) / (c).
"guess" is what colormnet-lite has in the prior's place. The classes of a clip are kept in the
--cache folder. --strips writes pictures to look at: gray, the exemplar, the prior's mean with the exemplar, without
one, the truth.
"""

import argparse
import math
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from kinemacolor import color
from kinemacolor.evaluation.reach import Reach, is_colorful, left_gray, squared_error
from kinemacolor.layers.place_features import PlaceEncoder
from kinemacolor.models import color_prior, colormnet_lite
from kinemacolor.models.base import Reference
from kinemacolor.models.color_prior import ColorPrior, ColorPriorConfig, Exemplars
from kinemacolor.models.colormnet_lite import ColorMNetLite
from kinemacolor.resize import resize
from kinemacolor.training.checkpoints import checkpoints_of
from val_leaving import SHORT_SIDE_PX, STRIDE, clips_of, labs_of, reaches

EVERY = 12
ROWS = ("gray", "guess", "with exemplar", "without")
PICTURED = ("gray", "with exemplar", "without")


@dataclass(frozen=True, slots=True)
class Colored:
    """a*b* of a frame, and the squared distance from the truth that the model expects."""

    chroma: Tensor
    foretold: Tensor

    @classmethod
    def at(cls, size: tuple[int, int], chroma: Tensor, variance: Tensor) -> "Colored":
        """At this size, from the variance of a* and b* each."""
        return cls(resize(chroma.float(), size), 2 * resize(variance.float(), size)[0])


@dataclass
class Sums:
    """Squared errors of one way of coloring one clip, by class, and how many colorful places it left gray."""

    squared: Tensor = field(default_factory=lambda: torch.zeros(len(Reach), dtype=torch.float64))
    places: Tensor = field(default_factory=lambda: torch.zeros(len(Reach), dtype=torch.float64))
    foretold: Tensor = field(default_factory=lambda: torch.zeros(len(Reach), dtype=torch.float64))
    colorful: float = 0.0
    gray: float = 0.0

    def add(self, colored: Colored, truth: Tensor, reach: Tensor) -> None:
        """Takes in a frame."""
        chroma = colored.chroma
        error = squared_error(chroma, truth).double()
        for each in Reach:
            self.squared[each] += error[reach == each].sum()
            self.places[each] += (reach == each).sum()
            self.foretold[each] += colored.foretold[reach == each].sum()
        self.colorful += float(is_colorful(truth).sum())
        self.gray += float(left_gray(chroma, truth).sum())

    def shares(self) -> tuple[Tensor, Tensor]:
        """Squared errors and places as parts of all of the clip's places, so that each clip weighs the same."""
        return self.squared / self.places.sum(), self.places / self.places.sum()


def reach_by_frame(clip: Path, labs: list[Tensor], encoder: PlaceEncoder, cache: Path | None) -> dict[int, Tensor]:
    """The classes of every 12th frame's places, from the cache where they lie there."""
    kept = cache / f"{clip.stem}.{EVERY}.npz" if cache else None
    if kept and kept.exists():
        with np.load(kept) as arrays:
            return {int(name): torch.from_numpy(arrays[name]) for name in arrays.files}
    found = {seen.number: seen.reach for seen in reaches(labs, encoder, EVERY)}
    if kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(kept, **{str(number): reach.numpy() for number, reach in found.items()})
    return found


@dataclass
class Prior:
    """The network, and the CPU seconds it took for frames."""

    network: ColorPrior
    bf16: bool
    seconds: list[float] = field(default_factory=list)

    def exemplars(self, labs: Iterable[Tensor]) -> Exemplars:
        """The memory of one still at one or more sizes."""
        with self._precision():
            return self.network.exemplars_of([Reference(lab[:1], lab[1:]) for lab in labs])

    def colored(self, luma: Tensor, exemplars: Exemplars, size: tuple[int, int]) -> Colored:
        """The expected a*b* at this size."""
        began = time.process_time()
        with self._precision():
            mixture = self.network(self.network.encode(luma[None]), exemplars)
        self.seconds.append(time.process_time() - began)
        return Colored.at(size, mixture.mean[0], mixture.variance[0])

    def _precision(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bf16)


@dataclass
class Guess:
    """The guess of colormnet-lite by look alone, muted as it uses it."""

    network: ColorMNetLite
    encoder: PlaceEncoder

    def colored(self, luma: Tensor, size: tuple[int, int]) -> Colored:
        """The guessed a*b* at this size."""
        guessed = self.network.prior_colors(luma, self.encoder(luma))
        return Colored.at(size, guessed.chroma[0], guessed.log_variance[0].exp())


def measured(clip: Path, prior: Prior, guess: Guess, given: argparse.Namespace) -> dict[str, Sums]:
    """The sums of a clip, by row."""
    labs = list(labs_of(clip))
    stills = [labs[0], *(next(labs_of(clip, side)) for side in given.also_at)]
    with_still, without = prior.exemplars(stills), prior.exemplars([])
    sums = {row: Sums() for row in ROWS}
    pictures = []
    for number, reach in reach_by_frame(clip, labs, guess.encoder, given.cache).items():
        lab, size = labs[number], (reach.shape[-2], reach.shape[-1])
        truth = resize(lab[1:], size)
        colored = {"gray": Colored(torch.zeros_like(truth), torch.full(size, torch.nan))}
        colored["guess"] = guess.colored(lab[:1], size)
        colored["with exemplar"] = prior.colored(lab[:1], with_still, size)
        colored["without"] = prior.colored(lab[:1], without, size)
        for row, each in colored.items():
            sums[row].add(each, truth, reach)
        pictures.append((lab, colored))
    if given.strips:
        write_strip(given.strips / f"{clip.stem}.png", labs[0], pictures)
    return sums


def write_strip(path: Path, first: Tensor, pictures: list[tuple[Tensor, dict[str, Colored]]]) -> None:
    """Three rows of a clip: gray, the exemplar, the prior with it and without, the truth."""
    rows = []
    for lab, colored in (pictures[len(pictures) // 3], pictures[2 * len(pictures) // 3], pictures[-1]):
        size = (lab.shape[-2], lab.shape[-1])
        chromas = [resize(colored[row].chroma, size) for row in PICTURED]
        panels = [color.combine(lab[:1], chroma) for chroma in (*chromas, lab[1:])]
        panels.insert(1, color.combine(first[:1], first[1:]))
        rows.append(torch.cat(panels, dim=-1))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(torch.cat(rows, dim=-2).permute(1, 2, 0).contiguous().numpy()).save(path)


def set_rows(name: str, clips: list[dict[str, Sums]]) -> Iterator[str]:
    """The table's rows of one set."""
    for row in ROWS:
        gains = [10 * math.log10(float(c["gray"].squared.sum() / c[row].squared.sum())) for c in clips]
        squared, places = (torch.stack(parts).sum(0) for parts in zip(*(c[row].shares() for c in clips)))
        rms = [*(squared / places).sqrt().tolist(), float((squared.sum() / places.sum()).sqrt())]
        gray = sum(c[row].gray for c in clips) / sum(c[row].colorful for c in clips)
        shares = " / ".join(f"{100 * part:.0f}" for part in (places / places.sum()).tolist())
        foretold = sum((c[row].foretold / c[row].places.sum() for c in clips), torch.zeros(len(Reach)))
        off = "" if row == "gray" else " / ".join(f"{each:.1f}" for each in (squared / foretold).tolist())
        cells = [f"{statistics.mean(gains):+.2f}", *(f"{each:.1f}" for each in rms), f"{100 * gray:.0f} %", off]
        yield f"| {name} ({len(clips)}; {shares} %) | {row} | {' | '.join(cells)} |"


def network_in(path: Path) -> tuple[ColorPrior, str]:
    """The network in a weights file, or the running mean in the newest checkpoint of a run's folder; and its name."""
    if path.is_file():
        return color_prior.load_network(path), path.name
    newest = checkpoints_of(path)[-1]
    network = ColorPrior(ColorPriorConfig())
    network.load_state_dict(load_file(newest / "mean.safetensors"))
    return network.eval(), f"step {int(newest.name)}"


def sets_of(given: argparse.Namespace) -> dict[str, list[Path]]:
    """The clips of each set."""
    sets = {name: clips_of([Path(path) for path in paths]) for name, *paths in given.set or ()}
    if given.leaving:
        listing, *folders = map(Path, given.leaving)
        lines = (line.partition("#")[0].strip() for line in listing.read_text().splitlines())
        names = {line for line in lines if line}
        sets["val_leaving"] = [clip for clip in clips_of(folders) if clip.stem in names]
    return sets


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--set", nargs="+", action="append", help="a name, then films or folders of them")
    parser.add_argument("--leaving", nargs="+", help="a list of names, then the folders where these clips lie")
    parser.add_argument("--also-at", type=int, nargs="*", default=[], help="more short sides of the exemplar, in px")
    parser.add_argument("--fp32", action="store_true", help="in place of bfloat16")
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--strips", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    network, name = network_in(given.weights)
    prior = Prior(network, bf16=not given.fp32)
    guess = Guess(colormnet_lite.load_network().eval(), PlaceEncoder().eval())
    print("| set (clips; a / b / c) | | dB over gray | rms (a) | (b) | (c) | all | left gray | found / foretold |")
    print("|---|---|--:|--:|--:|--:|--:|--:|---|")
    lines = []
    for title, clips in sets_of(given).items():
        found = [measured(clip, prior, guess, given) for clip in clips]
        print("\n".join(set_rows(title, found)), flush=True)
        for clip, sums in zip(clips, found):
            errors = (math.sqrt(float(sums[row].squared.sum() / sums[row].places.sum())) for row in ROWS)
            lines.append(f"| {title} | {clip.stem} | {' | '.join(f'{error:.1f}' for error in errors)} |")
    print("\n| set | clip | rms of gray | guess | with exemplar | without |\n|---|---|--:|--:|--:|--:|")
    print("\n".join(lines))
    took = statistics.median(prior.seconds)
    print(f"\n{name}: {took:.3f} CPU s a frame (median; short side {SHORT_SIDE_PX}), measured at stride {STRIDE}.")


if __name__ == "__main__":
    main()
