"""Planes read between their pixels."""

from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def read_at(
    planes: Float[Tensor, "b c h w"],
    points: Float[Tensor, "b h2 w2 2"],
    *,
    outside: Literal["border", "zeros"],
) -> Float[Tensor, "b c h2 w2"]:
    """Planes at points given in pixels (x, y), bilinearly; beyond the picture its border, or zeros.

    The coordinates' scaling is the release's (corners aligned), which makes the result equal to its to the bit.
    """
    height, width = planes.shape[-2:]
    last = torch.tensor((max(width - 1, 1), max(height - 1, 1)), dtype=points.dtype, device=points.device)
    return F.grid_sample(planes, 2 * points / last - 1, padding_mode=outside, align_corners=True)


def pixel_grid(height: int, width: int, like: Tensor) -> Float[Tensor, "h w 2"]:
    """The place of each pixel, (x, y)."""
    y = torch.arange(height, dtype=like.dtype, device=like.device)
    x = torch.arange(width, dtype=like.dtype, device=like.device)
    return torch.stack((x.expand(height, width), y[:, None].expand(height, width)), dim=-1)


def moved(planes: Float[Tensor, "c h w"], flow: Float[Tensor, "2 h w"]) -> Float[Tensor, "c h w"]:
    """Planes read at ``p + flow(p)``, flow in pixels (x, y); beyond the border its nearest sample."""
    points = pixel_grid(flow.shape[-2], flow.shape[-1], flow) + flow.movedim(0, -1)
    return read_at(planes[None], points[None], outside="border")[0]
