"""HRNet: features of a picture at stride 4 that never leave high resolution (Wang et al., 2019, arXiv:1908.07919).

The trunk of ProtoSeg, W48 there: branches at strides 4, 8, 16 and 32 run side by side and exchange after each module.
Written from the paper.
"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

_BLOCKS = 4
_MODULES = (1, 4, 3)
"""Modules in the stages of two, three and four branches."""


def normed(inputs: int, outputs: int, kernel: int, stride: int = 1, *, relu: bool = True) -> nn.Sequential:
    """A convolution without bias, batch norm and, where asked for, ReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if relu else []))


class Residual(nn.Module):
    """Layers added to the input, which a 1x1 convolution brings to their channels where they differ."""

    def __init__(self, layers: nn.Sequential, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layers = layers
        self.skip = normed(inputs, outputs, 1, relu=False) if inputs != outputs else nn.Identity()

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h w"]:
        """The sum, not negative."""
        return F.relu(self.layers(x) + self.skip(x))


def _basic(channels: int) -> Residual:
    layers = nn.Sequential(normed(channels, channels, 3), normed(channels, channels, 3, relu=False))
    return Residual(layers, channels, channels)


def _bottleneck(inputs: int, width: int) -> Residual:
    layers = nn.Sequential(normed(inputs, width, 1), normed(width, width, 3), normed(width, 4 * width, 1, relu=False))
    return Residual(layers, inputs, 4 * width)


class Exchange(nn.Module):
    """Each branch becomes the sum of all, brought to its stride."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.paths = nn.ModuleList(
            nn.ModuleList(self._path(widths, source, target) for source in range(len(widths)))
            for target in range(len(widths))
        )

    @staticmethod
    def _path(widths: Sequence[int], source: int, target: int) -> nn.Module:
        if source == target:
            return nn.Identity()
        if source > target:
            return normed(widths[source], widths[target], 1, relu=False)
        steps = target - source
        outputs = [widths[source]] * (steps - 1) + [widths[target]]
        halvings = [normed(widths[source], o, 3, 2, relu=n < steps - 1) for n, o in enumerate(outputs)]
        return nn.Sequential(*halvings)

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """The branches after the exchange, not negative."""
        mixed = []
        for target, paths in zip(branches, self.paths):
            assert isinstance(paths, nn.ModuleList)
            parts = [upsampled(path(x), target) for path, x in zip(paths, branches)]
            mixed.append(F.relu(torch.stack(parts).sum(0)))
        return mixed


def upsampled(x: Float[Tensor, "b c h w"], like: Tensor) -> Float[Tensor, "b c h2 w2"]:
    """``x`` at the size of ``like``, bilinearly with corners aligned."""
    if x.shape[-2:] == like.shape[-2:]:
        return x
    return F.interpolate(x, like.shape[-2:], mode="bilinear", align_corners=True)


class BranchModule(nn.Module):
    """Four residual blocks on each branch, then the exchange."""

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(nn.Sequential(*(_basic(width) for _ in range(_BLOCKS))) for width in widths)
        self.exchange = Exchange(widths)

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """The branches, each of its own stride."""
        return self.exchange([blocks(x) for blocks, x in zip(self.branches, branches)])


class HRNet(nn.Module):
    """The trunk. ``width`` is that of the finest branch; each coarser one has twice as much."""

    def __init__(self, width: int = 48, *, stem_channels: int = 64) -> None:
        super().__init__()
        self.stem = nn.Sequential(normed(3, stem_channels, 3, 2), normed(stem_channels, stem_channels, 3, 2))
        first = [_bottleneck(stem_channels, stem_channels)]
        first += [_bottleneck(4 * stem_channels, stem_channels) for _ in range(_BLOCKS - 1)]
        self.first = nn.Sequential(*first)
        widths = [width * 2**n for n in range(4)]
        self.channels = sum(widths)
        self.openings = nn.ModuleList(
            (normed(4 * stem_channels, width, 3), normed(4 * stem_channels, 2 * width, 3, 2))
        )
        self.narrowings = nn.ModuleList(normed(widths[n], widths[n + 1], 3, 2) for n in (1, 2))
        self.stages = nn.ModuleList(
            nn.Sequential(*(BranchModule(widths[: n + 2]) for _ in range(count))) for n, count in enumerate(_MODULES)
        )

    def forward(self, picture: Float[Tensor, "b 3 h w"]) -> Float[Tensor, "b c h4 w4"]:
        """All four branches together, at stride 4."""
        x = self.first(self.stem(picture))
        branches: list[Tensor] = [opening(x) for opening in self.openings]
        widen: list[Callable[[Tensor], Tensor]] = list(self.narrowings)
        for number, stage in enumerate(self.stages):
            if number:
                branches = [*branches, widen[number - 1](branches[-1])]
            branches = stage(branches)
        return torch.cat([upsampled(branch, branches[0]) for branch in branches], dim=1)
