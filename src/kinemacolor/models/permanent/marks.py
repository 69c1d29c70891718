"""A correction within a frame: known colour at a few pixels, spread over what looks the same around them."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from kinemacolor.frames import Chroma, Luma

MARK_SHARE = 0.05
"""A partial exemplar that covers less of its frame is a mark: it says a colour, and shows nothing to recognise."""

_LUMA_TOLERANCE, _CHROMA_TOLERANCE = 8.0, 10.0
_SMOOTHING_PX = 1.5
_REACH = 0.25
_SOFT_PX = 1.0
_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Field:
    """Corrected colours and where they count (``weight``, 0..1). ``origin`` is the L* of where they were given."""

    chroma: Float[Tensor, "2 h w"]
    weight: Float[Tensor, "1 h w"]
    origin: Float[Tensor, "1 h w"]


def is_mark(alpha: Float[Tensor, "1 h w"] | None) -> bool:
    """Whether a partial exemplar is a correction only."""
    return alpha is not None and float(alpha.mean()) < MARK_SHARE


def spread(luma: Luma, present: Chroma, known: Chroma, where: Bool[Tensor, "h w"], *, everywhere: bool) -> Field:
    """The field of a frame whose colours are ``known`` at some pixels.

    With ``everywhere``, the nearest known colour spreads over pixels that are connected to it, about as light, and of
    about the same ``present`` colour: what was coloured wrong as one is corrected as one. It fades with distance.
    """
    height, width = luma.shape[-2:]
    seeds = where.cpu().numpy()
    if not seeds.any():
        return Field(known, torch.zeros_like(luma), luma)
    distance, labels = cv2.distanceTransformWithLabels(
        (~seeds).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    # the label of a pixel is that of its nearest seed
    rows, columns = np.nonzero(seeds)
    nearest = np.zeros(labels.max() + 1, np.int64)
    nearest[labels[rows, columns]] = rows * width + columns
    place = torch.from_numpy(nearest[labels]).to(luma.device).flatten()
    chroma = known.flatten(1)[:, place].view(2, height, width)
    weight = seeds.astype(np.float32)
    if everywhere:
        reach = _REACH * (height**2 + width**2) ** 0.5
        alike = _alike(luma, present, seeds) * np.exp(-((distance / reach) ** 2))
        soft = cv2.GaussianBlur(alike.astype(np.float32), (0, 0), _SOFT_PX)
        weight = np.maximum(weight, np.where(soft < _LEAST, 0, soft))
    return Field(chroma, torch.from_numpy(weight)[None].to(luma.device), luma)


def _alike(luma: Luma, present: Chroma, seeds: np.ndarray) -> np.ndarray:
    """1 where a pixel is connected to a seed through pixels like it, else 0."""
    smooth = cv2.GaussianBlur(luma[0].cpu().numpy(), (0, 0), _SMOOTHING_PX)
    planes = (smooth * 2.55, *(present.cpu().numpy() + 128))
    picture = np.stack([np.clip(plane, 0, 255).round().astype(np.uint8) for plane in planes], axis=-1)
    tolerance = (2.55 * _LUMA_TOLERANCE, _CHROMA_TOLERANCE, _CHROMA_TOLERANCE)
    filled = np.zeros((seeds.shape[0] + 2, seeds.shape[1] + 2), np.uint8)
    count, parts = cv2.connectedComponents(seeds.astype(np.uint8))
    for part in range(1, count):
        rows, columns = np.nonzero(parts == part)
        levels = smooth[rows, columns]
        middle = int(np.abs(levels - np.median(levels)).argmin())
        flags = 4 | (1 << 8) | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE
        mask = np.zeros_like(filled)
        cv2.floodFill(
            picture, mask, (int(columns[middle]), int(rows[middle])), (0, 0, 0), tolerance, tolerance, flags
        )
        filled |= mask
    region = filled[1:-1, 1:-1]
    return cv2.morphologyEx(region, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
