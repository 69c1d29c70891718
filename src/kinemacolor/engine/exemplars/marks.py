"""A correction within a frame: known color at a few pixels, spread over what looks the same around them."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from kinemacolor.frames import Chroma, Luma

MARK_SHARE = 0.05
"""A partial exemplar that covers less of its frame is a mark: it says a color, and shows nothing to recognize."""

_SMOOTHING_PX = 1.5
_REACH = 0.2
_LUMA_TOLERANCE, _CHROMA_TOLERANCE = 10.0, 12.0
_LUMA_COST, _CHROMA_COST = 15.0, 20.0
_SOFT_PX = 1.0
_LEAST = 0.05
_FARTHEST = 1.7
_NEIGHBORS = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass(frozen=True, slots=True)
class Field:
    """Corrected colors and where they count (``weight``, 0..1). ``origin`` is the L* of where they were given."""

    chroma: Float[Tensor, "2 h w"]
    weight: Float[Tensor, "1 h w"]
    origin: Float[Tensor, "1 h w"]


def is_mark(alpha: Float[Tensor, "1 h w"] | None) -> bool:
    """Whether a partial exemplar is a correction only."""
    return alpha is not None and float(alpha.mean()) < MARK_SHARE


def spread(luma: Luma, present: Chroma, known: Chroma, where: Bool[Tensor, "h w"], *, everywhere: bool) -> Field:
    """The field of a frame whose colors are ``known`` at some pixels.

    With ``everywhere``, the nearest known color spreads over pixels that are connected to it, about as light, and of
    about the same ``present`` color: what was colored wrong as one is corrected as one. It fades with the length
    of the way there and with the changes on it.
    """
    height, width = luma.shape[-2:]
    seeds = where.cpu().numpy()
    if not seeds.any():
        return Field(known, torch.zeros_like(luma), luma)
    distance, place = _ways(luma, present, seeds) if everywhere else (np.where(seeds, 0, np.inf), None)
    chroma = known
    if place is not None:
        chroma = known.flatten(1)[:, torch.from_numpy(place).to(luma.device).flatten()].view(2, height, width)
    weight = np.exp(-(distance**2)).astype(np.float32)
    if everywhere:
        soft = cv2.GaussianBlur(weight, (0, 0), _SOFT_PX)
        weight = np.where(seeds, 1, np.where(soft < _LEAST, 0, soft)).astype(np.float32)
    return Field(chroma, torch.from_numpy(weight)[None].to(luma.device), luma)


def _ways(luma: Luma, present: Chroma, seeds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far each pixel is from a seed on the shortest way, infinite beyond ``_FARTHEST``, and from which seed.

    The shortest ways of Bellman and Ford, over the whole picture at once: a step costs its length, by what a color
    reaches, and the changes of luma and color that it crosses. A way leads only through what is like its seed.
    """
    height, width = seeds.shape
    smooth = cv2.GaussianBlur(luma[0].cpu().numpy(), (0, 0), _SMOOTHING_PX)
    planes = np.stack([smooth / _LUMA_COST, *(present.cpu().numpy() / _CHROMA_COST)])
    gates = np.array([_LUMA_TOLERANCE / _LUMA_COST, *(2 * [_CHROMA_TOLERANCE / _CHROMA_COST])])[:, None, None]
    own = planes.reshape(3, -1)
    step = 1 / (_REACH * (height**2 + width**2) ** 0.5)
    distance = np.where(seeds, 0.0, np.inf)
    place = np.arange(height * width).reshape(height, width)
    changed = True
    while changed:
        changed = False
        for rows, columns in _NEIGHBORS:
            there = (slice(max(0, rows), height + min(0, rows)), slice(max(0, columns), width + min(0, columns)))
            here = (slice(max(0, -rows), height + min(0, -rows)), slice(max(0, -columns), width + min(0, -columns)))
            cost = np.abs(planes[:, *there] - planes[:, *here]).sum(0) + step * (rows**2 + columns**2) ** 0.5
            longer = distance[there] + cost
            nearer = (longer < distance[here]) & (longer < _FARTHEST)
            nearer &= (np.abs(planes[:, *here] - own[:, place[there]]) < gates).all(0)
            if nearer.any():
                distance[here] = np.where(nearer, longer, distance[here])
                place[here] = np.where(nearer, place[there], place[here])
                changed = True
    return distance, place
