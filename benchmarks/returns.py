"""Scenes that return: our anchors and shots against ColorMNet's own memory policy, with one and the same network.

    python benchmarks/returns.py CLIPS_FOLDER --output returns.json --pictures returns.png

A film of 2400 frames (5 minutes at 8 a second) in 60 shots: twenty scenes, each seen three times. Twenty exemplars,
one a scene, in its first shot; ten of them show a part of the frame only. Three ways to color it:

* paper: one pass over the film. The first exemplar stays whole in memory; each later one is written when its frame
  comes, its chroma (where it is shown) is the frame's, and it is consolidated like any other frame (gamma 5, N_s 10,
  128 prototypes, 10,000 tokens: the paper's policy).
* scaled: the same with 8 prototypes instead of 128: the share of a frame's tokens that they are at 854x480, where a
  frame has 1620 tokens and not 96 as here.
* ours: shots found on luma; each colored by itself from its active exemplars, which are never consolidated, in both
  directions, parts of frames being known there.

The network is colormnet-small with the ImageNet trunk and no training (ColorMNet's own weights are not at hand): it
reads the chroma of the places that memory finds alike. So this compares policies, not what trained networks reach.
"""

import argparse
import json
import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import av
import numpy as np
import torch
from PIL import Image
from torch import Tensor

from colormnet_small import ColorMNetSmall, ColorMNetSmallColorizer
from kinemacolor import color
from kinemacolor.engine.analysis.cuts import CutFinder, gray_of, shots_between
from kinemacolor.engine.analysis.likeness import Summaries, likeness
from kinemacolor.engine.exemplars.applied import WithExemplars
from kinemacolor.engine.exemplars.assign import active_exemplars, references_for
from kinemacolor.evaluation.provenance import provenance
from kinemacolor.frames import RGB, Chroma, Exemplar, Frame, Luma, Planes, Shot
from kinemacolor.metrics.psnr import psnr
from kinemacolor.models.base import Reference
from kinemacolor.models.colormnet.colorizer import CHROMA_SCALE, ColorMNetColorizer, normalized_luma
from kinemacolor.models.colormnet.policy import MemoryPolicy
from kinemacolor.models.matching import fast_dtype

SIZE, VISITS, STILL_AT = (128, 192), ((0, 40), (30, 70), (60, 100)), 8
SCENES = (
    *("aquarium", "intel_corridor_a", "puppy", "sam2_cups", "sam2_juggle_football"),
    *("som_dog_grass", "som_windmill", "baseball", "basketball", "cake"),
    *("city_dusk", "dvp_bedroom", "karst_river", "man_running", "omni_trampoline"),
    *("pex_dolphin", "pex_forest_path", "pex_pagoda", "pool", "nerfies_mask"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A shot: which scene, the how-manieth time, and its frames."""

    scene: str
    number: int
    shot: Shot


def clip(path: Path) -> list[np.ndarray]:
    """The clip's frames at ``SIZE``, cropped to that aspect."""
    pictures = []
    with av.open(str(path)) as film:
        for frame in film.decode(video=0):
            scale = max(SIZE[0] / frame.height, SIZE[1] / frame.width)
            width, height = round(frame.width * scale), round(frame.height * scale)
            picture = frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray()
            top, left = (height - SIZE[0]) // 2, (width - SIZE[1]) // 2
            pictures.append(picture[top : top + SIZE[0], left : left + SIZE[1]].copy())
    return pictures


def film_of(folder: Path) -> tuple[list[RGB], list[Visit]]:
    """The film in color, and its shots: all scenes once, then the returns in random order."""
    rng = random.Random(0)
    first = [(scene, 0) for scene in SCENES]
    returns = [(scene, number) for scene in SCENES for number in (1, 2)]
    rng.shuffle(first)
    rng.shuffle(returns)
    clips = {scene: clip(next(folder.rglob(f"{scene}.mp4"))) for scene in SCENES}
    frames, visits = list[RGB](), list[Visit]()
    for scene, number in first + returns:
        pictures = clips[scene][slice(*VISITS[number])]
        visits.append(Visit(scene, number, Shot(len(frames), len(frames) + len(pictures))))
        frames += [torch.from_numpy(picture).permute(2, 0, 1).contiguous() for picture in pictures]
    return frames, visits


def stills_of(frames: Sequence[RGB], visits: Sequence[Visit]) -> list[Exemplar]:
    """One a scene; every second shows an ellipse that covers half of its frame."""
    rows, columns = np.mgrid[-1 : 1 : SIZE[0] * 1j, -1 : 1 : SIZE[1] * 1j]
    ellipse = torch.from_numpy((rows**2 + columns**2 < 2 / np.pi).astype(np.float32))[None]
    stills = []
    for order, visit in enumerate(visits[: len(SCENES)]):
        index = visit.shot.start + (STILL_AT if order else 0)
        stills.append(Exemplar(frames[index], index, ellipse if order % 2 else None, visit.scene))
    return stills


class PaperPolicy:
    """ColorMNet's memory over a whole film: nothing is cleared, only the first exemplar stays."""

    def __init__(self, model: ColorMNetColorizer) -> None:
        self.model, self.network = model, model.network

    @torch.no_grad()
    def colorize(self, lumas: Sequence[Luma], references: Sequence[Reference]) -> Iterator[Chroma]:
        """The chroma of each luma of the film, in order."""
        due = {reference.index: reference for reference in references}
        state = self.model.start([due[0]])
        for index, luma in enumerate(lumas):
            reference = due.get(index)
            if index == 0 or reference is None:
                yield self.model.step(luma, state).chroma
                continue
            padded = normalized_luma(luma)[None]
            given = reference.chroma
            if reference.alpha is not None:
                predicted = self.model._predict(padded, state, last=True)[0] * CHROMA_SCALE
                given = torch.where(reference.alpha >= 0.5, reference.chroma, predicted)
            features, key = self.network.encode(padded)
            value = self.network.encode_value(padded, given[None] / CHROMA_SCALE, features)
            assert state.hidden is not None
            state.hidden = self.network.deep_update(value, state.hidden)
            state.memory.write(key, value, frame=index)
            state.source, state.written = (key, value), index
            state.index += 1
            yield given


def found_shots(frames: Sequence[RGB]) -> list[Shot]:
    finder = CutFinder()
    for frame in frames:
        finder.add(gray_of(Frame(planes=_planes(frame))))
    return shots_between(finder.finish(), 0, len(frames))


def _planes(rgb: RGB) -> Planes:
    gray = np.asarray(Image.fromarray(rgb.permute(1, 2, 0).numpy()).convert("L"))
    return Planes(gray, full_range=True)


def ours(frames: Sequence[RGB], stills: Sequence[Exemplar], model: ColorMNetColorizer) -> Iterator[Tensor]:
    """The chroma of all frames, shot by shot."""
    shots, summaries = found_shots(frames), Summaries()
    middles = [gray_of(Frame(planes=_planes(frames[(s.start + s.stop) // 2]))) for s in shots]
    alike = likeness(summaries.of_grays(middles, full_range=True), summaries.of_stills(stills))
    both = WithExemplars(model, bidirectional=True)
    for shot, row in zip(shots, alike):
        active = active_exemplars(shot, stills, likeness=[float(x) for x in row])
        lumas = [color.split(frames[n])[0] for n in range(shot.start, shot.stop)]
        for answer in both.colorize(lumas, references_for(shot, active)):
            yield answer.chroma


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, required=True)
    parser.add_argument("--shots", type=int, help="only so many shots, for a trial")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = ColorMNetSmall.with_imagenet_trunk()
    model = ColorMNetSmallColorizer(network, dtype=fast_dtype(torch.device("cpu")))
    frames, visits = film_of(arguments.folder)
    visits = visits[: arguments.shots]
    frames = frames[: visits[-1].shot.stop]
    stills = [still for still in stills_of(frames, visits) if still.index is not None and still.index < len(frames)]
    references = [
        replace(reference, index=still.index)
        for still, reference in zip(stills, references_for(Shot(0, len(frames)), stills))
    ]
    lumas = [color.split(frame)[0] for frame in frames]
    scaled = ColorMNetSmallColorizer(network, policy=MemoryPolicy(prototypes_tokens=8), dtype=model.dtype)
    runs = {
        "gray": (torch.zeros(2, *SIZE) for _ in frames),
        "paper": PaperPolicy(model).colorize(lumas, references),
        "scaled": PaperPolicy(scaled).colorize(lumas, references),
        "ours": ours(frames, stills, model),
    }
    taken = {still.index for still in stills}
    rows, columns = list[dict[str, object]](), list[RGB]()
    # shot by shot in turn, so that a run that is cut short has compared what it has done
    for order, visit in enumerate(visits):
        found: dict[str, list[float]] = {name: [] for name in runs}
        strip = [frames[visit.shot.start + 20]]
        for name, chromas in runs.items():
            for number in range(visit.shot.start, visit.shot.stop):
                picture = color.combine(lumas[number], next(chromas))
                if number not in taken:
                    found[name].append(psnr(picture, frames[number]))
                if number == visit.shot.start + 20:
                    strip.append(picture)
        means = {name: statistics.mean(values) for name, values in found.items()}
        rows.append({"scene": visit.scene, "visit": visit.number, "frames": len(visit.shot), **means})
        print(order, json.dumps(rows[-1]), flush=True)
        if visit.number and order % 5 == 0:
            columns.append(torch.cat(strip, dim=2))
            Image.fromarray(torch.cat(columns, dim=1).permute(1, 2, 0).numpy()).save(arguments.pictures)
        partial = [still.name for still in stills if still.alpha is not None]
        result = {"shots": rows, "means": _means(rows), "partial": partial, "provenance": provenance()}
        arguments.output.write_text(json.dumps(result, indent=1))
    print(json.dumps(_means(rows), indent=1))


def _means(rows: Sequence[dict[str, object]]) -> dict[str, dict[str, float]]:
    """Means over frames: of all shots, of first visits, of returns."""
    kinds = {"all": rows, "first": [r for r in rows if not r["visit"]], "returns": [r for r in rows if r["visit"]]}
    return {
        kind: {
            name: float(np.average([r[name] for r in some], weights=[r["frames"] for r in some]))
            for name in ("gray", "paper", "scaled", "ours")
        }
        for kind, some in kinds.items()
        if some
    }


if __name__ == "__main__":
    main()
