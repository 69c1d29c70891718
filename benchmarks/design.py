"""ColorMNet-lite with parts left out or changed: quality, flicker, parameters and cost of each.

    python benchmarks/design.py CLIPS --only camel cows --frames 45 [--prior NAME=WEIGHTS]

Every clip is made gray and colored from its first frame at a short side of 480; PSNR is that of 8-bit sRGB with the
true L*, warp error the change of a*b* along the motion (the truth's is about 1.3), CPU-seconds those of the model
alone, one thread. ``--prior`` adds a row with other weights. Rows with another trunk have no prior (it is learnt over
Lite0), so they are to be held against "without the prior".
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import torch
import torch.nn.functional as F

from kinemacolor import color
from kinemacolor.frames import Chroma, Luma
from kinemacolor.io import open_reader
from kinemacolor.layers.efficientnet_lite import EfficientNetLiteConfig, load_trunk
from kinemacolor.metrics.warp_error import motion, warp_error
from kinemacolor.models import colormnet_lite
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteColorizer, ColorMNetLiteConfig, LiteSettings
from kinemacolor.models.colormnet_lite import colorizer as module
from kinemacolor.models.colormnet_lite.evidence import VarianceModel
from kinemacolor.models.colormnet_lite.network import SEARCH, maps_of
from kinemacolor.models.matching import fast_dtype
from kinemacolor.resize import fit, resize
from kinemacolor.training.validate import psnr_of

NEVER = 1e9


class WithoutFlow(ColorMNetLiteColorizer):
    """No color is carried from earlier frames: without what stands for local attention."""

    def _ways(self, small: Luma, before: Sequence[Luma | None]) -> list[module.Way]:
        return [None for _ in before]


@contextmanager
def keys_at_stride_16() -> Iterator[None]:
    """Places are told apart by strides 16 and 32 alone, each 16 px square as one."""

    def coarse(maps, index):
        features = maps_of(maps, index)
        size = features.key.shape[-2:]
        rough = torch.cat([F.interpolate(maps[s][index][None].float(), maps[16].shape[-2:]) for s in (16, 32)], dim=1)
        rough = F.normalize(F.interpolate(rough, size), dim=1)
        same = torch.zeros_like(features.key)
        same[-rough.shape[1] :] = rough[0]
        return replace(features, key=same)

    with patch.object(module, "maps_of", coarse):
        yield


@dataclass(frozen=True)
class Variant:
    """A way to make the model; ``during`` holds while it colors."""

    build: Callable[[], ColorMNetLiteColorizer]
    during: Callable[[], object] = field(default=nullcontext)


def shipped(
    kind: type[ColorMNetLiteColorizer] = ColorMNetLiteColorizer,
    *,
    weights: Path | None = None,
    variances: VarianceModel | None = None,
    **settings: object,
) -> ColorMNetLiteColorizer:
    """The installed model with another class, other weights, variances or settings."""
    network = colormnet_lite.load_network(weights or colormnet_lite.WEIGHTS)
    network.variances = variances or network.variances
    return kind(network, settings=replace(LiteSettings(), **settings), dtype=fast_dtype(torch.device("cpu")))


def over_lite2() -> ColorMNetLiteColorizer:
    """Lite2 for Lite0, and no prior."""
    network = ColorMNetLite(ColorMNetLiteConfig(trunk=EfficientNetLiteConfig.lite2()))
    network.trunk.load_state_dict(load_trunk("lite2").state_dict())
    network.variances = VarianceModel(prior=NEVER)
    return ColorMNetLiteColorizer(network, dtype=fast_dtype(torch.device("cpu")))


VARIANTS = {
    "as shipped": Variant(shipped),
    "flow `medium`": Variant(partial(shipped, preset="medium")),
    "flow `fast`": Variant(partial(shipped, preset="fast")),
    "without flow (LA)": Variant(partial(shipped, WithoutFlow)),
    "12 best matches instead of 8": Variant(partial(shipped, search=replace(SEARCH, top_k=12))),
    "keys of strides 16 and 32 only": Variant(shipped, keys_at_stride_16),
    "weighed at stride 4 instead of 2": Variant(partial(shipped, stride=4)),
    "weighed at stride 1": Variant(partial(shipped, stride=1)),
    "without the prior": Variant(partial(shipped, variances=VarianceModel(prior=NEVER))),
    "without the prior, over Lite2": Variant(over_lite2),
}


@dataclass(frozen=True)
class Film:
    """A clip at working size: L*, true a*b*, and how frames move."""

    lumas: list[Luma]
    chromas: list[Chroma]


def film_of(path: Path, frames: int) -> Film:
    lumas, chromas = [], []
    with open_reader(path) as reader:
        for frame, _ in zip(reader, range(frames)):
            assert frame.planes is not None
            lab = color.lab_of(color.rgb_of_planes(frame.planes))
            small = resize(lab, fit((lab.shape[-2], lab.shape[-1]), 480))
            lumas.append(small[:1])
            chromas.append(small[1:])
    return Film(lumas, chromas)


def scores(variant: Variant, films: Sequence[Film], motions: Sequence[list]) -> str:
    """PSNR, warp error, parameters in millions, CPU-seconds a frame."""
    model = variant.build()
    parameters = sum(value.numel() for value in model.network.parameters()) / 1e6
    psnrs, errors, seconds, count = [], [], 0.0, 0
    for film, moves in zip(films, motions):
        began = time.process_time()
        with variant.during():
            found = [
                answer.chroma for answer in model.colorize(film.lumas, [Reference(film.lumas[0], film.chromas[0], 0)])
            ]
        seconds += time.process_time() - began
        count += len(found)
        pairs = zip(film.lumas[1:], found[1:], film.chromas[1:])
        psnrs.append(statistics.mean(psnr_of(luma, ours, truth) for luma, ours, truth in pairs))
        changes = (warp_error(now, before, *move) for now, before, move in zip(found[1:], found, moves))
        errors.append(statistics.mean(changes))
    return f"{statistics.mean(psnrs):.2f} | {statistics.mean(errors):.2f} | {parameters:.2f} | {seconds / count:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", help="names of clips; else all")
    parser.add_argument("--frames", type=int, default=45)
    parser.add_argument("--prior", nargs="+", default=[], help="NAME=WEIGHTS: rows with these weights")
    parser.add_argument("--rows", nargs="*", help="only these of the rows, besides those of --prior")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    paths = [p for p in sorted(arguments.folder.glob("*.mp4")) if not arguments.only or p.stem in arguments.only]
    films = [film_of(path, arguments.frames) for path in paths]
    motions = [[motion(now, before) for now, before in zip(film.lumas[1:], film.lumas)] for film in films]
    wanted = VARIANTS if arguments.rows is None else arguments.rows
    variants = {name: VARIANTS[name] for name in wanted}
    for given in arguments.prior:
        name, _, path = given.partition("=")
        variants[name] = Variant(partial(shipped, weights=Path(path)))
    print("| | PSNR | warp error | parameters, M | CPU-s a frame |\n|---|--:|--:|--:|--:|")
    for name, variant in variants.items():
        print(f"| {name} | {scores(variant, films, motions)} |", flush=True)


if __name__ == "__main__":
    main()
