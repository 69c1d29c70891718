"""The cost of optical flow, and how well colors follow it: DIS flow by finest scale, stride, descents and refinement.

    python benchmarks/flow.py CLIPS_FOLDER

The true chroma of frames 1, 4 and 16 before is carried along the flow, at half the clips' size, and compared with the
frame's own (PSNR of a*b* with a peak of 110, mean over clips of that of the mean squared error). Four frames a clip.
Milliseconds of CPU are those of six flows: there and back, three times. One thread.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import log10
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from kinemacolor import color
from kinemacolor.io import open_reader
from kinemacolor.layers.flow import gray_image
from kinemacolor.layers.warp import warp
from kinemacolor.resize import resize

AGES, FRAMES = (1, 4, 16), (20, 26, 32, 38)


@dataclass(frozen=True, slots=True)
class Setting:
    """Of OpenCV's DIS: pixels of the finest level are ``2**finest``; patches of 8 px every ``stride`` px of it."""

    finest: int
    stride: int
    descents: int
    refinements: int

    def search(self) -> cv2.DISOpticalFlow:
        """OpenCV's search with these settings."""
        search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        search.setFinestScale(self.finest)
        search.setPatchStride(self.stride)
        search.setGradientDescentIterations(self.descents)
        search.setVariationalRefinementIterations(self.refinements)
        return search


SETTINGS = {
    "fast": Setting(2, 4, 16, 5),
    "medium": Setting(1, 3, 25, 5),
    "medium to single pixels": Setting(0, 3, 25, 5),
    **{
        f"finest {finest}, stride {stride}, {descents} descents, {refinements} refinements": Setting(
            finest, stride, descents, refinements
        )
        for finest, stride, descents, refinements in (
            *((1, 3, 25, 0), (1, 3, 16, 0), (1, 2, 25, 0), (0, 3, 25, 0)),
            *((0, 4, 12, 5), (0, 4, 12, 0), (0, 4, 25, 0), (0, 5, 25, 0), (0, 6, 25, 0)),
        )
    },
    "fine: finest 0, stride 4, 40 descents, 0 refinements": Setting(0, 4, 40, 0),
}


def labs_of(path: Path) -> dict[int, Tensor]:
    """The frames that are needed, as L*a*b* at half size."""
    wanted = {frame - age for frame in FRAMES for age in (0, *AGES)}
    found = {}
    with open_reader(path) as reader:
        for number, frame in enumerate(reader):
            if number in wanted:
                assert frame.planes is not None
                lab = color.lab_of(color.rgb_of_planes(frame.planes))
                found[number] = resize(lab, (-(-lab.shape[-2] // 2), -(-lab.shape[-1] // 2)))
            if number >= max(wanted):
                break
    return found


def pairs_of(labs: dict[int, Tensor], age: int) -> Iterator[tuple[Tensor, Tensor]]:
    for frame in FRAMES:
        yield labs[frame], labs[frame - age]


def flow_of(setting: Setting, source: Tensor, target: Tensor) -> Tensor:
    start = np.zeros((*source.shape[-2:], 2), np.float32)
    field = np.asarray(setting.search().calc(gray_image(source[:1]), gray_image(target[:1]), start))
    return torch.from_numpy(np.ascontiguousarray(field.transpose(2, 0, 1)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    clips = {path.stem: labs_of(path) for path in sorted(folder.glob("*.mp4"))}
    print("| setting | 1 frame | 4 frames | 16 frames | CPU ms |\n|---|--:|--:|--:|--:|")
    for name, setting in SETTINGS.items():
        seconds, psnrs = 0.0, dict[int, list[float]]()
        for labs in clips.values():
            for age in AGES:
                errors = []
                for now, before in pairs_of(labs, age):
                    began = time.process_time()
                    back = flow_of(setting, now, before)
                    flow_of(setting, before, now)
                    seconds += time.process_time() - began
                    errors.append(float((warp(before[1:], back) - now[1:]).square().mean()))
                psnrs.setdefault(age, []).append(10 * log10(110**2 / statistics.mean(errors)))
        means = " | ".join(f"{statistics.mean(psnrs[age]):.2f}" for age in AGES)
        print(f"| {name} | {means} | {1000 * seconds / len(clips) / len(FRAMES):.0f} |", flush=True)


if __name__ == "__main__":
    main()
