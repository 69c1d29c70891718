"""ResNet up to stride 16 (He et al., 2016, Table 1; stride on the 3x3 of a bottleneck).

Batch norm is folded into its convolution on the fly wherever it is in eval mode: parameters keep their names, and
no map is read and written for it.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.dimensions import MOST_CHANNELS, MOST_LAYERS, require_within


@dataclass(frozen=True, slots=True)
class ResNetConfig:
    """Dimensions of the network. ``expansion`` 1 gives basic blocks (two 3x3), more gives bottlenecks."""

    depths: tuple[int, int, int] = (3, 4, 6)
    widths: tuple[int, int, int] = (64, 128, 256)
    stem_channels: int = 64
    expansion: int = 4
    input_channels: int = 3

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for dimensions that no such network has."""
        require_within(1, MOST_LAYERS, depths=self.depths)
        require_within(1, MOST_CHANNELS, widths=self.widths, stem_channels=self.stem_channels)
        require_within(1, 8, expansion=self.expansion, input_channels=self.input_channels)

    @classmethod
    def resnet50(cls) -> "ResNetConfig":
        """ResNet50's stem and stages 1 to 3."""
        return cls()

    @classmethod
    def resnet18(cls, *, input_channels: int = 3) -> "ResNetConfig":
        """ResNet18's stem and stages 1 to 3."""
        return cls(depths=(2, 2, 2), expansion=1, input_channels=input_channels)

    @property
    def channels(self) -> tuple[int, int, int]:
        """Channels of the features at strides 4, 8 and 16."""
        first, second, third = (width * self.expansion for width in self.widths)
        return first, second, third


class NormedConv(nn.Module):
    """Convolution without bias, then batch norm."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        """Features at the convolution's stride."""
        return self.with_weight(x, self.conv.weight)

    def with_weight(
        self, x: Float[Tensor, "b c h w"], weight: Float[Tensor, "c2 c k k"]
    ) -> Float[Tensor, "b c2 h2 w2"]:
        """``forward`` with another convolution weight."""
        norm, stride, padding = self.norm, self.conv.stride, self.conv.kernel_size[0] // 2
        if norm.training:
            return norm(F.conv2d(x, weight, None, stride, padding))
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
        bias = norm.bias - norm.running_mean * scale
        return F.conv2d(x, weight * scale[:, None, None, None], bias, stride, padding)


def merged_luma_weight(weight: Float[Tensor, "c2 c k k"]) -> Float[Tensor, "c2 c1 k k"]:
    """The weight for one luma plane where the first three input channels would all be that plane."""
    return torch.cat((weight[:, :3].sum(1, keepdim=True), weight[:, 3:]), dim=1)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, or 1x1, 3x3, 1x1 with ``expansion`` above 1; added to the input."""

    def __init__(self, inputs: int, width: int, expansion: int, stride: int) -> None:
        super().__init__()
        outputs = width * expansion
        if expansion == 1:
            layers = [NormedConv(inputs, width, 3, stride), NormedConv(width, width, 3)]
        else:
            layers = [
                NormedConv(inputs, width, 1),
                NormedConv(width, width, 3, stride),
                NormedConv(width, outputs, 1),
            ]
        self.layers = nn.ModuleList(layers)
        changes = stride > 1 or inputs != outputs
        self.shortcut = NormedConv(inputs, outputs, 1, stride) if changes else nn.Identity()

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        """Features at the block's stride."""
        out = x
        for number, layer in enumerate(self.layers):
            out = layer(out if number == 0 else F.relu(out, inplace=True))
        return F.relu(out + self.shortcut(x), inplace=True)


class ResNet(nn.Module):
    """The trunk: features at strides 4, 8 and 16."""

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        self.stem = NormedConv(config.input_channels, config.stem_channels, 7, 2)
        stages, inputs = [], config.stem_channels
        for number, (depth, width) in enumerate(zip(config.depths, config.widths)):
            blocks = []
            for i in range(depth):
                blocks.append(ResidualBlock(inputs, width, config.expansion, 2 if number and not i else 1))
                inputs = width * config.expansion
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.ModuleList(stages)

    def forward(
        self, planes: Float[Tensor, "b c h w"]
    ) -> tuple[Float[Tensor, "b c4 h4 w4"], Float[Tensor, "b c8 h8 w8"], Float[Tensor, "b c16 h16 w16"]]:
        """Features at strides 4, 8 and 16.

        ``planes`` has two channels less than the stem: the first stands for the stem's first three, as a gray
        picture that is repeated three times would give.
        """
        x = self.stem.with_weight(planes, merged_luma_weight(self.stem.conv.weight))
        x = F.max_pool2d(F.relu(x, inplace=True), 3, 2, 1).contiguous(memory_format=torch.channels_last)
        stride4 = self.stages[0](x)
        stride8 = self.stages[1](stride4)
        return stride4, stride8, self.stages[2](stride8)
