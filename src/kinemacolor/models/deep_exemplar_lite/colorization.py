"""C in small: from a frame's luma, warped colors and the frame before to its a*b* (Eq. 7), chosen, not painted.

The paper's network answers with colors. This one answers, for each pixel, with weights of colors that are there:
none, the warped ones of the nine positions around, and those that the frame before has around. So it can only copy,
smooth and mute, and what it learnt from few films does not color others. Untrained it answers with the warped
colors, nearly.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.dimensions import MOST_CHANNELS, require_within
from kinemacolor.models.deep_exemplar.colorization import INPUTS
from kinemacolor.models.deep_exemplar_lite.features import STRIDE

MULTIPLE = 8
"""The number that both sides of the planes must be multiples of."""

_AROUND = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
_WARPED = tuple((STRIDE * dy, STRIDE * dx) for dy, dx in _AROUND)
_BEFORE = (*_AROUND, *((3 * dy, 3 * dx) for dy, dx in _AROUND if (dy, dx) != (0, 0)))
"""Where colors are looked for, in pixels: about the neighboring positions' centers, and 1 and 3 px aside."""

_CHOICES = 1 + len(_WARPED) + len(_BEFORE)
_UNTRAINED_LOGIT = 5.0
_LOGIT_GAIN = 4.0
_HEAD = 16
# L* - 50, a*b*, S, and the frame before, brought to about -1..1
_SCALES = (50.0, 40.0, 40.0, 1.0, 50.0, 40.0, 40.0)


@dataclass(frozen=True, slots=True)
class LightColorizationConfig:
    """The network's dimensions: its channels at strides 2, 4 and 8."""

    channels: tuple[int, int, int] = (32, 64, 128)

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for dimensions that no such network has."""
        require_within(1, MOST_CHANNELS, channels=self.channels)

    @classmethod
    def tiny(cls) -> "LightColorizationConfig":
        """A network for tests."""
        return cls(channels=(4, 8, 8))


class Residual(nn.Module):
    """Two convolutions, added to what goes in; the second begins at zero, so that the block does."""

    def __init__(self, channels: int, *, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Features, not negative."""
        return F.relu(x + self.second(F.relu(self.first(x))))


class LightColorizationSubnet(nn.Module):
    """The network, with the planes of ``ColorizationSubnet``: an encoder and decoder with skips, 1.3 M parameters."""

    def __init__(self, config: LightColorizationConfig) -> None:
        super().__init__()
        self.config = config
        self.scales: Tensor
        c2, c4, c8 = config.channels
        self.register_buffer("scales", torch.tensor(_SCALES).view(1, INPUTS, 1, 1), persistent=False)
        self.stem, self.block2 = nn.Conv2d(4 * INPUTS, c2, 3, padding=1), Residual(c2)
        self.down4, self.block4 = nn.Conv2d(c2, c4, 3, 2, padding=1), Residual(c4)
        self.down8 = nn.Conv2d(c4, c8, 3, 2, padding=1)
        self.block8 = nn.Sequential(*(Residual(c8, dilation=d) for d in (1, 2, 4)))
        self.up4, self.join4 = nn.Conv2d(c8, c4, 1), Residual(c4)
        self.up2, self.join2 = nn.Conv2d(c4, c2, 1), Residual(c2)
        self.up1, self.skip1 = nn.Conv2d(c2, 4 * _HEAD, 1), nn.Conv2d(INPUTS, _HEAD, 3, padding=1)
        self.last = nn.Conv2d(_HEAD, _CHOICES, 3, padding=1)
        nn.init.zeros_(self.last.weight)
        assert self.last.bias is not None
        nn.init.zeros_(self.last.bias)
        with torch.no_grad():
            self.last.bias[1 + _WARPED.index((0, 0))] = _UNTRAINED_LOGIT / _LOGIT_GAIN

    def forward(self, planes: Float[Tensor, "b 7 h w"]) -> Float[Tensor, "b 2 h w"]:
        """a*b*, no more vivid than what goes in. Sides are multiples of 8."""
        coarse = F.avg_pool2d(planes[:, 1:4], STRIDE)
        smooth = F.interpolate(coarse, scale_factor=STRIDE, mode="bilinear", align_corners=False)
        planes = torch.cat((planes[:, :1], smooth, planes[:, 4:]), 1)
        weights = self._weights(planes)
        mixed: Tensor = torch.zeros_like(planes[:, :2])
        shifts = [(planes[:, 1:3], shift) for shift in _WARPED] + [(planes[:, 5:], shift) for shift in _BEFORE]
        for number, (colors, shift) in enumerate(shifts, start=1):
            mixed = mixed + weights[:, number : number + 1] * _shifted(colors, shift)
        return mixed

    def _weights(self, planes: Float[Tensor, "b 7 h w"]) -> Float[Tensor, "b n h w"]:
        """How much each choice counts; they add up to 1. A frame before that is not there counts nothing."""
        logits = _LOGIT_GAIN * self._logits(planes / self.scales).float()
        absent = planes[:, 4:].flatten(1).abs().amax(1) == 0
        hidden = torch.zeros_like(logits[:, :, :1, :1])
        hidden[absent, 1 + len(_WARPED) :] = -torch.inf
        return (logits + hidden).softmax(1)

    def _logits(self, planes: Float[Tensor, "b 7 h w"]) -> Float[Tensor, "b n h w"]:
        at2 = self.block2(F.relu(self.stem(F.pixel_unshuffle(planes, 2))))
        at4 = self.block4(F.relu(self.down4(at2)))
        at8 = self.block8(F.relu(self.down8(at4)))
        at4 = self.join4(F.relu(at4 + _doubled(self.up4(at8))))
        at2 = self.join2(F.relu(at2 + _doubled(self.up2(at4))))
        at1 = F.relu(F.pixel_shuffle(self.up1(at2), 2) + self.skip1(planes))
        logits: Tensor = self.last(at1)
        return logits


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _shifted(planes: Float[Tensor, "b c h w"], shift: tuple[int, int]) -> Float[Tensor, "b c h w"]:
    """The values (rows, columns) further down and to the right of each pixel; the border repeated."""
    if shift == (0, 0):
        return planes
    height, width = planes.shape[-2:]
    rows = (torch.arange(height, device=planes.device) + shift[0]).clamp(0, height - 1)
    columns = (torch.arange(width, device=planes.device) + shift[1]).clamp(0, width - 1)
    return planes[:, :, rows][..., columns]
