"""Pairs of pictures: two parts of a photograph, or two frames of a film that lie far apart; each may color the other.

A sample has one frame, and its exemplar is the other picture. Colors stay as they are: a recipe that changes them
must change both.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from jaxtyping import Float
from torch import Generator, Tensor
from torch.utils.data import Dataset

from kinemacolor import color
from kinemacolor.data import augment
from kinemacolor.data.augment import Box
from kinemacolor.data.clips import Clip, Library
from kinemacolor.data.dataset import Request
from kinemacolor.data.degrade import Wear, degrade
from kinemacolor.data.draw import chance, generator_of, one_of, uniform, whole
from kinemacolor.data.samples import Sample

Area = tuple[float, float]
"""The smallest and the largest part of a picture's area."""

Layout = Literal["far", "small_in_exemplar", "anywhere"]
"""How two parts of a photograph lie: with little in common, the frame a small part of what the exemplar shows, or by
chance."""

_FAR_TRIES = 4
_LIGHT_WEAR = Wear(contrast=0.5, highlights=0.15, blur=0.3, flicker=0.0, scratches=0.1, dust=0.15, grain=0.6)


@dataclass(frozen=True, slots=True)
class PairVariety:
    """How often what is drawn.

    ``photograph`` pairs are two parts of a photograph, the others frames of a film ``gap_frames`` apart, as far as
    it is that long. Half of the photographs' parts have an area of ``wide_area``, half of ``area``; areas are drawn
    evenly in their logarithm. Where the frame is small in the exemplar, their areas are ``small_area`` and
    ``whole_area``. Each picture is flipped, exposed and worn on its own. ``unrelated`` exemplars are strangers.
    """

    photograph: float = 0.68
    far: float = 0.5
    small_in_exemplar: float = 0.25
    anywhere: float = 0.25
    area: Area = (0.15, 1.0)
    wide_area: Area = (0.04, 1.0)
    small_area: Area = (0.04, 0.2)
    whole_area: Area = (0.5, 1.0)
    film_area: Area = (0.25, 1.0)
    gap_frames: tuple[int, int] = (10, 80)
    unrelated: float = 0.15
    flip: float = 0.5
    exposure: float = 0.5
    clean: float = 0.75
    wear: Wear = field(default_factory=lambda: _LIGHT_WEAR)

    @property
    def layouts(self) -> dict[Layout, float]:
        """The weight of each layout of two parts of a photograph."""
        return {"far": self.far, "small_in_exemplar": self.small_in_exemplar, "anywhere": self.anywhere}

    def dataset(self, library: Library, *, seed: int) -> "PairDataset":
        """Samples of this variety."""
        return PairDataset(library, self, seed=seed)


class PairDataset(Dataset[Sample]):
    """Samples of one frame by ``Request``: pure functions of the library, the variety, the seed and the request.

    ``Request.frames`` and ``max_jump`` are not used.
    """

    def __init__(self, library: Library, variety: PairVariety, *, seed: int) -> None:
        self.library, self.variety, self.seed = library, variety, seed

    def __getitem__(self, request: Request) -> Sample:
        """The sample; the same one whenever it is asked for."""
        generator = generator_of(self.seed, "pair", request.index)
        make = self._of_photograph if self._takes_photograph(generator) else self._of_film
        frame, exemplar = make(request.crop_px, generator)
        unrelated = chance(generator, self.variety.unrelated)
        if unrelated:
            _, exemplar = make(request.crop_px, generator)
        (luma, chroma), (exemplar_luma, exemplar_chroma) = (
            self._picture(rgb, generator) for rgb in (frame, exemplar)
        )
        kind: Literal["unrelated", "other_frame"] = "unrelated" if unrelated else "other_frame"
        return Sample(luma[None], chroma[None], exemplar_luma, exemplar_chroma, kind)

    def _takes_photograph(self, generator: Generator) -> bool:
        drawn = chance(generator, self.variety.photograph)
        return bool(self.library.photographs) and (drawn or not self.library.clips)

    def _of_photograph(
        self, crop_px: int, generator: Generator
    ) -> tuple[Float[Tensor, "3 h w"], Float[Tensor, "3 h w"]]:
        photographs = self.library.photographs
        rgb = self.library.read(photographs[whole(generator, len(photographs))], [0])
        boxes = self._boxes((rgb.shape[-2], rgb.shape[-1]), generator)
        frame, exemplar = (augment.cropped(rgb, box, crop_px)[0] for box in boxes)
        return frame, exemplar

    def _boxes(self, size: tuple[int, int], generator: Generator) -> tuple[Box, Box]:
        variety = self.variety
        layout = one_of(generator, variety.layouts)
        if layout == "small_in_exemplar":
            return box_of(size, variety.small_area, generator), box_of(size, variety.whole_area, generator)
        area = variety.wide_area if chance(generator, 0.5) else variety.area
        frame, exemplar = box_of(size, area, generator), box_of(size, area, generator)
        if layout == "far":
            others = [exemplar, *(box_of(size, area, generator) for _ in range(_FAR_TRIES - 1))]
            exemplar = min(others, key=lambda box: shared_part(frame, box))
        return frame, exemplar

    def _of_film(self, crop_px: int, generator: Generator) -> tuple[Float[Tensor, "3 h w"], Float[Tensor, "3 h w"]]:
        clip = self.library.clips[whole(generator, len(self.library.clips))]
        rgbs = self.library.read(clip, self._two_frames(clip, generator))
        size = (rgbs.shape[-2], rgbs.shape[-1])
        boxes = [box_of(size, self.variety.film_area, generator) for _ in range(2)]
        frame, exemplar = (augment.cropped(rgb[None], box, crop_px)[0] for rgb, box in zip(rgbs, boxes))
        return frame, exemplar

    def _two_frames(self, clip: Clip, generator: Generator) -> Sequence[int]:
        least, most = (min(gap, len(clip) - 1) for gap in self.variety.gap_frames)
        gap = least + whole(generator, most - least + 1)
        first = whole(generator, len(clip) - gap)
        return (first, first + gap) if chance(generator, 0.5) else (first + gap, first)

    def _picture(
        self, rgb: Float[Tensor, "3 h w"], generator: Generator
    ) -> tuple[Float[Tensor, "1 h w"], Float[Tensor, "2 h w"]]:
        """Luma, exposed and worn, and chroma as it is."""
        if chance(generator, self.variety.flip):
            rgb = rgb.flip(-1)
        lab = color.lab_of(rgb)
        luma = lab[None, :1]
        if chance(generator, self.variety.exposure):
            luma = augment.change_exposure(luma, generator)
        if not chance(generator, self.variety.clean):
            luma = degrade(luma, self.variety.wear, generator)
        return luma[0], lab[1:]


def box_of(size: tuple[int, int], area: Area, generator: Generator) -> Box:
    """A random part of a picture whose area is drawn evenly in its logarithm."""
    part = math.exp(uniform(generator, math.log(area[0]), math.log(area[1])))
    return augment.crop_box(size, generator, area=(part, part))


def shared_part(one: Box, other: Box) -> float:
    """The area that two boxes share, as a part of the smaller one's."""
    sides = []
    for start, length in ((0, 2), (1, 3)):
        end = min(one[start] + one[length], other[start] + other[length])
        sides.append(max(0, end - max(one[start], other[start])))
    return sides[0] * sides[1] / min(one[2] * one[3], other[2] * other[3])
