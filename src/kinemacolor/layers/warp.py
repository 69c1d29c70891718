"""A picture seen through a displacement field."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def warp(planes: Float[Tensor, "c h2 w2"], flow: Float[Tensor, "2 h w"]) -> Float[Tensor, "c h w"]:
    """Planes read at ``p + flow(p)``, bilinearly; beyond the border, the nearest sample of the border.

    ``flow`` is in pixels, x (columns) then y (rows). The picture read may have another size than the flow.
    """
    height, width = flow.shape[-2:]
    rows, columns = planes.shape[-2:]
    x = flow[0] + torch.arange(width, device=flow.device, dtype=flow.dtype)
    y = flow[1] + torch.arange(height, device=flow.device, dtype=flow.dtype)[:, None]
    # grid_sample's -1 and 1 are the outer edges of the outer pixels (align_corners=False)
    grid = torch.stack(((2 * x + 1) / columns - 1, (2 * y + 1) / rows - 1), dim=-1)
    sampled = F.grid_sample(planes[None].to(flow.dtype), grid[None], padding_mode="border", align_corners=False)
    return sampled[0]
