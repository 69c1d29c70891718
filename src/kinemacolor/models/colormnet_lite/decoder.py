"""The decoder: which candidate to believe where, and how far off the outcome may be.

A small U-Net over the signs at stride 2. Untrained it changes nothing: its last layer is zero. It sees neither the
picture's features nor adds colours of its own: with either it remembered the colours of the films it learnt from, and
painted them on others (docs/models/colormnet-lite.md).
"""

from dataclasses import dataclass

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.models.colormnet_lite.evidence import sign_channels

_HEAD = 16


class Residual(nn.Module):
    """Two convolutions, added to what goes in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Features, not negative."""
        return F.relu(x + self.second(F.relu(self.first(x))))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the decoder says: trust in each candidate (added to its logarithm), and the logarithm of a*b*'s error."""

    trust: Float[Tensor, "b n h w"]
    log_error: Float[Tensor, "b 1 h w"]


class Decoder(nn.Module):
    """From signs to a verdict, both at stride 2."""

    def __init__(self, channels: tuple[int, int, int], carried: int) -> None:
        super().__init__()
        signs, (c4, c8, c16) = sign_channels(carried), channels
        self.stem, self.block4 = nn.Conv2d(signs, c4, 3, 2, padding=1), Residual(c4)
        self.down8, self.block8 = nn.Conv2d(c4, c8, 3, 2, padding=1), Residual(c8)
        self.down16, self.block16 = nn.Conv2d(c8, c16, 3, 2, padding=1), Residual(c16)
        self.up8, self.join8 = nn.Conv2d(c16, c8, 1), Residual(c8)
        self.up4, self.join4 = nn.Conv2d(c8, c4, 1), Residual(c4)
        self.up2, self.skip2 = nn.Conv2d(c4, 4 * _HEAD, 1), nn.Conv2d(signs, _HEAD, 1)
        self.last = nn.Conv2d(_HEAD, 2 + carried + 1, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        assert self.last.bias is not None
        nn.init.zeros_(self.last.bias)

    def forward(self, signs: Float[Tensor, "b f h w"]) -> Verdict:
        """The verdict."""
        x4 = self.block4(F.relu(self.stem(signs)))
        x8 = self.block8(F.relu(self.down8(x4)))
        x16 = self.block16(F.relu(self.down16(x8)))
        x8 = self.join8(x8 + _upsampled(self.up8(x16), x8))
        x4 = self.join4(x4 + _upsampled(self.up4(x8), x4))
        height, width = signs.shape[-2:]
        x2 = F.pixel_shuffle(self.up2(x4), 2)[..., :height, :width]
        said = self.last(F.relu(x2 + self.skip2(signs))).float()
        trust, log_error = said.split((said.shape[1] - 1, 1), dim=1)
        return Verdict(trust, log_error)


def _upsampled(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, like.shape[-2:], mode="bilinear", align_corners=False)
