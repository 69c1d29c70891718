"""D, the video discriminator: how real two consecutive frames look (Section 3.3, Table 4).

Six strided convolutions with spectral norm, self-attention after the second (the paper's text and the release;
Table 4 has it after the first), and a score that is averaged over positions.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

_WIDTHS = (1, 1, 2, 4, 8, 16)
"""Channels of the convolutions, in units of the first's."""

_TINY = 1e-12
_SLOPE = 0.2


class SpectralConv2d(nn.Conv2d):
    """A convolution whose kernel, as a matrix, has a largest singular value of 1 (Miyato et al., 2018).

    The value comes from one step of power iteration in each pass, in evaluation too, as in the release; torch's own
    iterates in the other order, and in training alone.
    """

    weight_u: Tensor
    weight_v: Tensor

    def __init__(self, inputs: int, outputs: int, size: int | tuple[int, int], *, stride: int = 1, padding: int = 0):
        super().__init__(inputs, outputs, size, stride=stride, padding=padding)
        rows, columns = self.weight.flatten(1).shape
        self.register_buffer("weight_u", F.normalize(torch.randn(rows), dim=0))
        self.register_buffer("weight_v", F.normalize(torch.randn(columns), dim=0))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d h2 w2"]:
        """The convolution by the normalized kernel. Changes the two singular vectors."""
        matrix = self.weight.flatten(1)
        with torch.no_grad():
            v = _unit(matrix.T @ self.weight_u)
            u = _unit(matrix @ v)
            # new tensors, so that an earlier pass of the same step can still be differentiated
            self.weight_u, self.weight_v = u, v
        weight = self.weight / (u @ (matrix @ v))
        return F.conv2d(x, weight, self.bias, self.stride, self.padding)


def _unit(vector: Tensor) -> Tensor:
    return vector / (vector.norm() + _TINY)


class SelfAttention(nn.Module):
    """Each position sees all others (Zhang et al., 2018, SAGAN), at full width; ``gamma`` lets it in from 0."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (SpectralConv2d(channels, channels, 1) for _ in range(3))
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """The map plus gamma times what each position attends to."""
        query, key, value = (
            layer(x).flatten(2).transpose(1, 2)[:, None] for layer in (self.query, self.key, self.value)
        )
        seen = F.scaled_dot_product_attention(query, key, value, scale=1.0)[:, 0]
        return x + self.gamma * seen.transpose(1, 2).reshape(x.shape)


class Discriminator(nn.Module):
    """The network. ``width`` is the first convolution's channels, ``last`` the last kernel's size.

    The release's last kernel, 3 x 6, leaves one row of positions of 216 x 384 pictures; the paper's is 3 x 3.
    """

    def __init__(self, *, width: int = 64, last: tuple[int, int] = (3, 6)) -> None:
        super().__init__()
        channels = [6, *(units * width for units in _WIDTHS)]
        self.convs = nn.ModuleList(SpectralConv2d(i, o, 4, stride=2, padding=1) for i, o in pairwise(channels))
        self.attention = SelfAttention(channels[2])
        self.last = SpectralConv2d(channels[-1], 1, last)

    def forward(self, now: Float[Tensor, "b 3 h w"], before: Float[Tensor, "b 3 h w"]) -> Float[Tensor, " b"]:
        """A score of each pair of frames (L*a*b*, L* 0..100), the higher the more real; not bounded.

        Sides are 192 and 384 or more, 192 and 192 for a last kernel of 3 x 3.
        """
        x = torch.cat((now, before), 1)
        for number, conv in enumerate(self.convs):
            x = conv(x)
            x = F.leaky_relu(F.instance_norm(x) if number else x, _SLOPE)
            if number == 1:
                x = self.attention(x)
        score: Tensor = self.last(x)
        return score.mean((1, 2, 3))
