"""PVGFE: features of a luma, where DINOv2 guides ResNet50 (ColorMNet, Section 3.1).

The release fuses at three scales (strides 16, 8 and 4), each by a cross-channel attention in the manner of Restormer:
1x1 and depthwise 3x3 convolutions give query, key and value; query and key are normalized over space; the matrix is
channel by channel in each of eight heads. The paper shows one scale.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.dinov2 import DINOv2, DINOv2Config
from kinemacolor.layers.linear import linear
from kinemacolor.layers.resnet import ResNet, ResNetConfig
from kinemacolor.layers.winograd import Conv3x3

_DINO_BLOCKS = 4
_PIXELS_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """The image features of a frame, from its luma alone: maps at strides 16, 8 and 4."""

    stride16: Float[Tensor, "b c16 h16 w16"]
    stride8: Float[Tensor, "b c8 h8 w8"]
    stride4: Float[Tensor, "b c4 h4 w4"]


class GlobalBranch(nn.Module):
    """G of the paper: the last four blocks of DINOv2, mixed by a 1x1 convolution, at stride 16."""

    def __init__(self, config: DINOv2Config) -> None:
        super().__init__()
        self.dino = DINOv2(config)
        channels = _DINO_BLOCKS * config.width
        self.mix = nn.Conv2d(channels, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    @torch.no_grad()
    def forward(self, luma: Float[Tensor, "b 1 h w"]) -> Float[Tensor, "b c h16 w16"]:
        """The map, channels last in memory. No gradient passes, as in the release."""
        tokens = torch.cat(self.dino(luma, last_blocks=_DINO_BLOCKS), dim=1)
        mixed = F.relu(self.norm(self.mix(tokens.contiguous(memory_format=torch.channels_last))), inplace=True)
        size = (luma.shape[-2] // 16, luma.shape[-1] // 16)
        return F.interpolate(mixed, size, mode="bilinear", align_corners=False)


def shifted_upsampling(size: int, factor: int, like: Tensor) -> Float[Tensor, "n m"]:
    """The matrix from three rows of ``size`` samples to ``size * factor``: upsample each bilinearly, shift, add.

    Row ``k`` of the three is read at ``i + k - 1``, with zeros outside: a convolution of three taps after the
    upsampling, where channels were mixed before it.
    """
    upsampling = F.interpolate(
        torch.eye(size, device=like.device)[None], scale_factor=factor, mode="linear", align_corners=False
    )[0].T
    padded = F.pad(upsampling, (0, 0, 1, 1))
    return torch.cat([padded[k : k + size * factor] for k in range(3)], dim=1).to(like.dtype)


def conv_after_upsampling(
    x: Float[Tensor, "b c h w"], weight: Float[Tensor, "c2 c 3 3"], bias: Float[Tensor, " c2"], factor: int
) -> Float[Tensor, "b c2 h2 w2"]:
    """The 3x3 convolution of ``x`` upsampled bilinearly by ``factor``, to fp32 rounding.

    Mixing channels commutes with upsampling: one product at the small size gives all nine taps, then rows and
    columns are upsampled, shifted and added. At factor 4 this is a sixteenth of the convolution's work.
    """
    batch, _, height, width = x.shape
    taps = F.conv2d(x, weight.permute(2, 3, 0, 1).flatten(0, 2)[..., None, None])
    taps = taps.view(batch, 3, 3, -1, height, width).permute(0, 1, 4, 2, 5, 3)  # b ky h kx w c
    rows, columns = shifted_upsampling(height, factor, taps), shifted_upsampling(width, factor, taps)
    out = (rows @ taps.reshape(batch, 3 * height, -1)).view(batch, height * factor, 3 * width, -1)
    return (columns @ out + bias.to(out.dtype)).movedim(-1, 1)


class ChannelNorm(nn.LayerNorm):
    """Layer norm over the channels of each pixel."""

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """The normalized map, channels last in memory."""
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class Projection(nn.Module):
    """A 1x1 and a depthwise 3x3 convolution (Eq. 1, where the paper has a plain 3x3)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.pointwise = nn.Conv2d(inputs, outputs, 1)
        self.depthwise = nn.Conv2d(outputs, outputs, 3, padding=1, groups=outputs)

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c2 h w"]:
        """The projected map."""
        return self.depthwise(self.pointwise(x))


class CrossChannelAttention(nn.Module):
    """Eq. 1 and 2: how channels of the global map mix channels of the local map."""

    def __init__(self, channels: int, heads: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.query = Projection(channels, 2 * channels)
        self.key = Projection(channels, 2 * channels)
        self.value = Projection(channels, 2 * channels)
        self.out = nn.Conv2d(2 * channels, channels, 1)

    def forward(self, guide: Float[Tensor, "b c h w"], local: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """The mixed map."""
        weights = self._weights(_pixels(self.query(guide)), _pixels(self.key(local)))
        # the output projection is multiplied into the small matrix: one pass over the value instead of two
        head_out = torch.unflatten(self.out.weight[:, :, 0, 0], 1, (self.heads, -1)).transpose(0, 1)
        mixing = (head_out @ weights.to(head_out.dtype)).transpose(1, 2).flatten(2)
        value = _pixels(self.value(local))
        out = torch.cat([linear(some[None], matrix, self.out.bias) for some, matrix in zip(value, mixing)])
        return torch.unflatten(out, 1, guide.shape[-2:]).movedim(-1, 1)

    def _weights(self, query: Float[Tensor, "b n c"], key: Float[Tensor, "b n c"]) -> Float[Tensor, "b heads d d"]:
        """Eq. 2's softmax in fp32: sums over a whole picture are too long for half precision.

        Some pixels at a time: their fp32 copies and squares stay in the cache.
        """
        heads = (self.heads, -1)
        similarity, of_query, of_key = [], [], []
        with torch.autocast(query.device.type, enabled=False):
            for some in zip(torch.split(query, _PIXELS_AT_ONCE, 1), torch.split(key, _PIXELS_AT_ONCE, 1)):
                asking, asked = (torch.unflatten(x.float(), 2, heads).transpose(1, 2) for x in some)
                similarity.append(asking.transpose(-1, -2) @ asked)
                of_query.append(asking.square().sum(-2))
                of_key.append(asked.square().sum(-2))
            # both normalisations over space go to the small matrix instead of the maps
            lengths = [torch.stack(squares).sum(0).sqrt().clamp_min(1e-12) for squares in (of_query, of_key)]
            cosines = torch.stack(similarity).sum(0) / (lengths[0][..., :, None] * lengths[1][..., None, :])
            return (cosines * self.temperature).softmax(-1)


def _pixels(x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b n c"]:
    return x.movedim(1, -1).flatten(1, 2)


class FusionBlock(nn.Module):
    """One scale: the global map, brought to the local map's size and channels, attends to it and is added."""

    def __init__(self, guide_channels: int, channels: int) -> None:
        super().__init__()
        self.guide = Conv3x3(guide_channels, channels)
        self.guide_norm = ChannelNorm(channels, eps=1e-6)
        self.local_norm = ChannelNorm(channels, eps=1e-6)
        self.attention = CrossChannelAttention(channels)
        self.out_norm = ChannelNorm(channels, eps=1e-6)

    def forward(
        self, guide: Float[Tensor, "b g h16 w16"], local: Float[Tensor, "b c h w"]
    ) -> Float[Tensor, "b c h w"]:
        """The fused map, not negative."""
        factor = local.shape[-1] // guide.shape[-1]
        if factor == 1:
            guide = self.guide(guide)
        else:
            assert self.guide.bias is not None
            guide = conv_after_upsampling(guide, self.guide.weight, self.guide.bias, factor)
        mixed = self.attention(self.guide_norm(guide), self.local_norm(local))
        return F.relu(self.out_norm(mixed + guide), inplace=True)


class PVGFE(nn.Module):
    """Large-pretrained visual model guided feature estimation."""

    def __init__(self, dino: DINOv2Config, resnet: ResNetConfig) -> None:
        super().__init__()
        self.global_branch = GlobalBranch(dino)
        self.local_branch = ResNet(resnet)
        channels4, channels8, channels16 = resnet.channels
        guide_channels = _DINO_BLOCKS * dino.width
        self.fuse16 = FusionBlock(guide_channels, channels16)
        self.fuse8 = FusionBlock(guide_channels, channels8)
        self.fuse4 = FusionBlock(guide_channels, channels4)

    def forward(self, luma: Float[Tensor, "b 1 h w"]) -> ImageFeatures:
        """Fused maps of a luma in -1..1, both sides multiples of 16 and of the patch."""
        guide = self.global_branch(luma)
        local4, local8, local16 = self.local_branch(luma)
        return ImageFeatures(self.fuse16(guide, local16), self.fuse8(guide, local8), self.fuse4(guide, local4))
