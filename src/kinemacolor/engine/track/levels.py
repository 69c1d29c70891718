"""Chroma and confidence as whole numbers: steps of 3/32 in a* and b*, so 0.047 off at most; 255 steps of confidence.

A step of chroma in 8-bit film is about one unit of a*b*, ten of these. Output is made from the stored values whether
a track is kept or not, so that one made later is the same.
"""

import numpy as np
import torch
from jaxtyping import Float, UInt8, UInt16

from kinemacolor.frames import Chroma
from kinemacolor.models.base import Confidence
from kinemacolor.resize import fit, resize

CHROMA_STEP = 3 / 32
BITS = 12
_NEUTRAL = 2 ** (BITS - 1)
_CONFIDENCE_SHORT_SIDE_PX = 60

ChromaLevels = UInt16[np.ndarray, "2 h w"]
ConfidenceLevels = UInt8[np.ndarray, "hs ws"]


def levels_of(chroma: Chroma) -> ChromaLevels:
    """The chroma as 12-bit levels, 2048 for neutral; what lies beyond 191 is kept at 191."""
    levels = torch.round(chroma.float().cpu() / CHROMA_STEP) + _NEUTRAL
    return np.asarray(levels.clamp(0, 2**BITS - 1).numpy().astype(np.uint16))


def chroma_of(levels: ChromaLevels) -> Chroma:
    """The chroma of levels."""
    return (torch.from_numpy(levels.astype(np.float32)) - _NEUTRAL) * CHROMA_STEP


def as_stored(chroma: Chroma) -> Chroma:
    """The chroma as a track gives it back."""
    return chroma_of(levels_of(chroma))


def confidence_size(size: tuple[int, int]) -> tuple[int, int]:
    """The size at which the confidence of frames of this working size is kept."""
    return fit(size, min(_CONFIDENCE_SHORT_SIDE_PX, min(size))) if min(size) >= 16 else size


def confidence_levels(confidence: Confidence, size: tuple[int, int]) -> ConfidenceLevels:
    """The confidence of a frame of this working size as 8-bit levels."""
    small = resize(confidence.float().cpu(), confidence_size(size))[0]
    return np.asarray((small.clamp(0, 1) * 255).round().byte().numpy())


def confidence_of_levels(levels: ConfidenceLevels) -> Float[torch.Tensor, "1 hs ws"]:
    """The confidence of levels."""
    return torch.from_numpy(levels.astype(np.float32))[None] / 255
