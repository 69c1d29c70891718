"""Features as pictures: their three principal components as red, green and blue (ColorMNet, Figure 6)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from kinemacolor.color import to_8_bits
from kinemacolor.frames import RGB, size_of

_ENDS = (0.02, 0.98)


def pca_pictures(maps: Sequence[Float[Tensor, "c _ _"]], sizes: Sequence[tuple[int, int]]) -> list[RGB]:
    """A picture of each map at its size: equal colors are equal features, in all of them.

    The components are those of all maps together. Each is stretched so that nine tenths and more of its range fill
    0..255, and signed so that its longer tail is bright. Places stay visible: they are enlarged without smoothing.
    """
    rows = torch.cat([each.flatten(1).T.double() for each in maps])
    centered = rows - rows.mean(0)
    _, vectors = torch.linalg.eigh(centered.T @ centered)
    components = centered @ vectors[:, -3:].flip(1)
    components = components * torch.where(components.pow(3).sum(0) < 0, -1.0, 1.0)
    low, high = (_quantile(components, end) for end in _ENDS)
    shown = ((components - low) / (high - low).clamp_min(1e-12)).clamp(0, 1)
    parts = shown.split([each.shape[-2] * each.shape[-1] for each in maps])
    shapes = [size_of(each) for each in maps]
    return [_enlarged(part.T.reshape(-1, *shape), size) for part, shape, size in zip(parts, shapes, sizes)]


def _quantile(columns: Float[Tensor, "n k"], part: float) -> Float[Tensor, " k"]:
    return columns.sort(0).values[int(part * (len(columns) - 1))]


def _enlarged(picture: Float[Tensor, "k h0 w0"], size: tuple[int, int]) -> RGB:
    filled = torch.cat((picture, picture.new_zeros(3 - len(picture), *picture.shape[-2:])))
    large = F.interpolate(filled[None], size, mode="nearest-exact")[0]
    return to_8_bits(large).cpu()
