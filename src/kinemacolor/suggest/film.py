"""A film at a glance: its shots, and small pictures of it taken evenly, in one pass and bounded memory."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import cv2
import torch

from kinemacolor import color
from kinemacolor.engine.analysis.cuts import CutFinder, gray_of, shots_between
from kinemacolor.errors import InputError
from kinemacolor.frames import Frame, Luma, Plane, Planes, Shot
from kinemacolor.io import Film
from kinemacolor.layers.place_features import PlaceEncoder, PlaceFeatures
from kinemacolor.resize import fit

GLANCE_PX = 96
"""Short side of the pictures that are compared."""

_STEP_FRAMES = 4
_MOST_HELD = 4096


@dataclass(frozen=True, slots=True)
class Glance:
    """A frame's number and its L* at a small size."""

    frame: int
    luma: Luma


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame that stands for ``weight`` frames of its shot."""

    frame: int
    shot: int
    weight: float
    luma: Luma


def small_luma(planes: Planes) -> Luma:
    """L* of a picture with a short side of ``GLANCE_PX``."""
    height, width = fit(planes.size, GLANCE_PX)
    small = cast(Plane, cv2.resize(planes.y, (width, height), interpolation=cv2.INTER_AREA))
    return color.luma_of(replace(planes, y=small))


def look_through(film: Film | str | Path, *, shots: Sequence[Shot] | None = None) -> tuple[list[Shot], list[Glance]]:
    """The film's shots (found, unless given) and evenly taken glances at it.

    Raises ``InputError`` where the film cannot be read or has no frame.
    """
    finder, held, step, frames = CutFinder(), list[Glance](), _STEP_FRAMES, 0
    opened = film if isinstance(film, Film) else Film.open(film)
    with opened.frames() as reader:
        for number, frame in enumerate(reader):
            if shots is None:
                finder.add(gray_of(frame))
            if number % step == 0:
                held.append(Glance(number, _kept(frame)))
            if len(held) > _MOST_HELD:
                held, step = held[::2], 2 * step
            frames = number + 1
    if not frames:
        raise InputError(f"{opened.source} has no frame. Give a film that has.")
    found = shots_between(finder.finish(), 0, frames) if shots is None else list(shots)
    return found, held


def _kept(frame: Frame) -> Luma:
    assert frame.planes is not None
    return small_luma(frame.planes).half()


def samples_of(shots: Sequence[Shot], glances: Sequence[Glance], most: int) -> list[Sample]:
    """At most about ``most`` glances: one of each shot or more, the more the longer it is.

    A shot so short that no glance fell into it has none.
    """
    frames = sum(len(shot) for shot in shots)
    samples = []
    numbers = [glance.frame for glance in glances]
    for number, shot in enumerate(shots):
        inside = glances[bisect_left(numbers, shot.start) : bisect_left(numbers, shot.stop)]
        count = min(len(inside), max(1, round(most * len(shot) / frames)))
        for i in range(count):
            glance = inside[int((i + 0.5) * len(inside) / count)]
            samples.append(Sample(glance.frame, number, len(shot) / count, glance.luma))
    return samples


@torch.inference_mode()
def features_of(lumas: Sequence[Luma], encoder: PlaceEncoder) -> list[PlaceFeatures]:
    """The features of small pictures; of their size or any other."""
    return [encoder(luma.float()) for luma in lumas]
