"""LA: each pixel's attention to a window of a frame just colored (ColorMNet, Section 3.3).

The release's window is 15x15 (the paper's 7 is its radius), with a learned term per displacement, and a depthwise
5x5 convolution and a linear layer after it. Its source is the frame last written to memory.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


def attend_window(
    query: Float[Tensor, "b k h w"],
    key: Float[Tensor, "b k h w"],
    value: Float[Tensor, "b v h w"],
    relative: Float[Tensor, "b n h w"],
    radius: int,
) -> Float[Tensor, "b v h w"]:
    """Eq. 12: the mean of ``value`` in the window, weighted by ``softmax(query . key / sqrt(k) + relative)``.

    ``relative`` has a channel per displacement, rows first. Positions outside the map take no part. One row of
    queries at a time: memory grows with the width, not with the square of the area.
    """
    _, channels, height, width = query.shape
    side = 2 * radius + 1
    queries, keys, values = (x.movedim(1, -1).contiguous() for x in (query * channels**-0.5, key, value))
    terms = torch.unflatten(relative, 1, (side, side)).permute(0, 3, 4, 1, 2).contiguous()  # b h w dy dx
    columns = torch.arange(width, device=query.device)
    displacement = columns[None, :] - columns[:, None] + radius
    outside = (displacement < 0) | (displacement >= side)
    displacement = displacement.clamp(0, side - 1)[None, :, None]
    rows = []
    for y in range(height):
        top, bottom = max(0, y - radius), min(height, y + radius + 1)
        of_row = terms[:, y, :, top - y + radius : bottom - y + radius]
        bias = of_row.gather(-1, displacement.expand(len(query), -1, bottom - top, -1))
        logits = queries[:, y] @ keys[:, top:bottom].flatten(1, 2).transpose(-1, -2)
        logits = torch.unflatten(logits, -1, (bottom - top, width)) + bias
        weights = logits.masked_fill(outside[:, None], -torch.inf).flatten(2).softmax(-1)
        rows.append(weights @ values[:, top:bottom].flatten(1, 2))
    return torch.stack(rows, dim=1).movedim(-1, 1)


class LocalAttention(nn.Module):
    """The answer of the frame last written for this one, by neighborhood."""

    def __init__(self, key_channels: int, value_channels: int, radius: int = 7) -> None:
        super().__init__()
        self.radius = radius
        self.relative = nn.Conv2d(key_channels, (2 * radius + 1) ** 2, 1)
        self.smooth = nn.Conv2d(value_channels, value_channels, 5, padding=2, groups=value_channels, bias=False)
        self.project = nn.Linear(value_channels, value_channels)

    def forward(
        self,
        query: Float[Tensor, "b k h w"],
        key: Float[Tensor, "b k h w"],
        value: Float[Tensor, "b p v h w"],
    ) -> Float[Tensor, "b p v h w"]:
        """A read-out of the value's shape. The planes' values are mixed by the linear layer."""
        with torch.autocast(query.device.type, enabled=False):
            relative = self.relative(query)
            attended = attend_window(query, key, value.flatten(1, 2), relative, self.radius)
        projected = self.project(self.smooth(attended).movedim(1, -1)).movedim(-1, 1)
        return torch.unflatten(projected, 1, value.shape[1:3])
