"""The color prior: what colors a frame is likely to have by its look, and by what exemplars show.

A trunk reads lumas (EfficientNet-Lite0; from stride 16 on it learns, slowly). Tokens at stride 16 see each other and
the exemplars' tokens, by cross-attention whose values are the exemplars' colors; at stride 8 the exemplars are asked
once more, so that a small thing has tokens of its own. The answer for each place at stride 8 is a mixture of
Gaussians over a*b*; the first component's mean is the attended color plus a residual, so that copying works before
anything has been learned. A null token answers where no exemplar does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from kinemacolor.layers.efficientnet_lite import EfficientNetLite, load_trunk
from kinemacolor.models.base import Reference
from kinemacolor.models.color_prior.attention import CrossAttention, Keys, SelfAttention, zeroed
from kinemacolor.models.color_prior.config import ColorPriorConfig
from kinemacolor.models.color_prior.exemplars import Exemplars, pooled_color
from kinemacolor.models.color_prior.mixture import UNIT, Mixture

_DROPPED, _DROPPED_FINE = 0.1, 0.08
_TEMPERATURE, _FINE_TEMPERATURE = 8.0, 12.0
_LOG_DEVIATIONS = (math.log(0.8), math.log(60.0))
_FIRST_DEVIATION, _OTHER_DEVIATION = 8.0, 14.0
_SPREAD = 12.0
_FROZEN_STRIDE = 8


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture's lumas as tokens at stride 16 and as features at stride 8."""

    tokens: Float[Tensor, "b c h16 w16"]
    fine: Float[Tensor, "b d h8 w8"]


class Block(nn.Module):
    """ConvNeXt's block (Liu et al., 2022, Figure 4) with a kernel of 5 and half its width."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.expand = nn.Linear(channels, 2 * channels)
        self.project = zeroed(nn.Linear(2 * channels, channels))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "b c h w"]:
        """Features with those of the neighborhood in them."""
        # in bfloat16 the gradient of depthwise kernels takes two to four times as long on a CPU
        with torch.autocast(x.device.type, enabled=False):
            near = self.depthwise(x.float().contiguous(memory_format=torch.channels_last))
        rows = self.norm(near.permute(0, 2, 3, 1))
        return x + self.project(F.gelu(self.expand(rows))).permute(0, 3, 1, 2)


class Layer(nn.Module):
    """Self-attention, cross-attention to the exemplars, and two linear layers, each added to its input."""

    def __init__(self, config: ColorPriorConfig) -> None:
        super().__init__()
        channels = config.channels
        self.own = SelfAttention(channels, config.heads, temperature=_TEMPERATURE)
        self.cross = CrossAttention(channels, config.heads, channels // config.heads, temperature=_TEMPERATURE)
        self.norm = nn.LayerNorm(channels)
        self.expand = nn.Linear(channels, 2 * channels)
        self.project = zeroed(nn.Linear(2 * channels, channels))

    def forward(self, tokens: Float[Tensor, "b n c"], exemplars: Keys) -> tuple[Tensor, Tensor, Tensor]:
        """The tokens, and what cross-attention found: a*b* by head and the null token's share."""
        tokens = tokens + self.own(tokens)
        found = self.cross(tokens, exemplars)
        tokens = tokens + found.features
        return tokens + self.project(F.gelu(self.expand(self.norm(tokens)))), found.chroma, found.null


class ColorPrior(nn.Module):
    """A network of parameters only; the exemplars come in as ``Exemplars``."""

    def __init__(self, config: ColorPriorConfig) -> None:
        super().__init__()
        self.config = config
        self.trunk = EfficientNetLite(config.trunk).fold()
        channels, fine = config.channels, config.fine_channels
        self.enter32 = nn.Conv2d(self.trunk.channels[32], channels, 1)
        self.enter16 = nn.Conv2d(self.trunk.channels[16], channels, 1)
        self.enter8 = nn.Conv2d(self.trunk.channels[8] + channels + 1, fine, 1)
        self.block32, self.block16, self.block8 = Block(channels), Block(channels), Block(fine)
        self.color16, self.color8 = nn.Linear(4, channels), nn.Linear(4, fine)
        self.dropped, self.dropped_fine = nn.Dropout2d(_DROPPED), nn.Dropout2d(_DROPPED_FINE)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.descend = nn.Conv2d(channels + 3 * config.heads, fine, 1)
        self.fine_cross = CrossAttention(
            fine, config.fine_heads, config.fine_key_channels, temperature=_FINE_TEMPERATURE
        )
        self.fine_query = zeroed(nn.Linear(fine, fine))
        self.found = nn.Linear(3 * config.fine_heads, fine)
        self.before, self.after = Block(fine), Block(fine)
        self.gate = zeroed(nn.Linear(fine, config.heads + config.fine_heads))
        self.head = zeroed(nn.Linear(fine, 4 * config.components))
        self._spread_components()

    def _spread_components(self) -> None:
        """The components begin apart: the first at the attended color, the others around gray."""
        bias = torch.unflatten(self.head.bias.data, 0, (4, self.config.components))
        others = self.config.components - 1
        angles = 2 * math.pi * torch.arange(others) / max(1, others)
        bias[0, 1:] = -1.0
        bias[1, 1:], bias[2, 1:] = _SPREAD / UNIT * angles.cos(), _SPREAD / UNIT * angles.sin()
        bias[3, 0], bias[3, 1:] = math.log(_FIRST_DEVIATION), math.log(_OTHER_DEVIATION)

    @classmethod
    def with_imagenet_trunk(cls, config: ColorPriorConfig | None = None) -> "ColorPrior":
        """A network to begin training with: its trunk is EfficientNet-Lite0 as published.

        Raises ``WeightsError`` where the package with the trunk's weights is not installed.
        """
        network = cls(config or ColorPriorConfig())
        network.trunk.load_state_dict(load_trunk("lite0").fold().state_dict())
        return network

    def learning_trunk(self) -> list[nn.Parameter]:
        """The trunk's parameters beyond stride 8, but for its depthwise convolutions.

        Its first part, with the largest maps, stays as ImageNet made it. The depthwise kernels are 5 % of the
        rest's parameters, and their gradient alone would take half of a step's time on a CPU.
        """
        beyond = self.trunk.blocks[self.trunk.block_at(_FROZEN_STRIDE) + 1 :]
        return [p for name, p in beyond.named_parameters() if ".depthwise." not in name]

    def own_parameters(self) -> list[nn.Parameter]:
        """All parameters but the trunk's."""
        return [p for name, p in self.named_parameters() if not name.startswith("trunk.")]

    def encode(self, luma: Float[Tensor, "b 1 h w"]) -> Encoded:
        """Lumas (L*, 0..100) as tokens; the same for frames and exemplars."""
        maps = self.trunk(luma)
        deep = self.block32(self.enter32(maps[32]))
        tokens = self.enter16(maps[16]) + upsampled(deep, maps[16])
        tokens = self.dropped(self.block16(tokens))
        level = F.adaptive_avg_pool2d(luma, maps[8].shape[-2:]) / 25 - 2
        near = upsampled(tokens, maps[8])
        fine = self.enter8(torch.cat((maps[8].to(near.dtype), near, level.to(near.dtype)), dim=1))
        return Encoded(tokens, self.dropped_fine(self.block8(fine)))

    def remember(
        self,
        encoded: Encoded,
        chroma: Float[Tensor, "b 2 h w"],
        alpha: Float[Tensor, "b 1 h w"] | None = None,
    ) -> Exemplars:
        """An exemplar of each row of the batch; ``alpha`` (0..1) says which part of it counts."""
        coarse = _tokens(encoded.tokens, self.color16, chroma, alpha)
        fine = _tokens(encoded.fine, self.color8, chroma, alpha)
        crosses = (cast("Layer", layer).cross for layer in self.layers)
        return Exemplars(tuple(cross.keys_of(*coarse) for cross in crosses), self.fine_cross.keys_of(*fine))

    def exemplars_of(self, references: Sequence[Reference]) -> Exemplars:
        """The memory of up to some four references, each at its own size (sides should be multiples of 16).

        Give a reference at two sizes for small things. With none, the prior goes by the frame's look alone.
        """
        if not references:
            return self.no_exemplars()
        several = []
        for reference in references:
            alpha = None if reference.alpha is None else reference.alpha[None]
            several.append(self.remember(self.encode(reference.luma[None]), reference.chroma[None], alpha))
        return Exemplars.joined(several)

    def no_exemplars(self) -> Exemplars:
        """A memory of nothing, for a batch of one."""
        luma = self.head.weight.new_zeros(1, 1, 32, 32)
        some = self.remember(self.encode(luma), luma.expand(-1, 2, -1, -1))
        return Exemplars(tuple(keys.none() for keys in some.coarse), some.fine.none())

    def forward(self, encoded: Encoded, exemplars: Exemplars) -> Mixture:
        """The mixture over a*b* for each place at stride 8."""
        tokens = encoded.tokens.flatten(2).mT
        for layer, keys in zip(self.layers, exemplars.coarse):
            tokens, chroma, null = layer(tokens, keys)
        size = encoded.tokens.shape[-2:]
        colors = torch.unflatten(chroma.mT.flatten(1, 2), 2, size)
        shares = torch.unflatten(null, 2, size)
        near = torch.cat(
            (torch.unflatten(tokens.mT, 2, size), (colors / UNIT).to(tokens.dtype), shares.to(tokens.dtype)), 1
        )
        x = self.before(encoded.fine + self.descend(upsampled(near, encoded.fine)))
        rows = x.flatten(2).mT
        query = encoded.fine.flatten(2).mT + self.fine_query(rows)
        found = self.fine_cross(query, exemplars.fine)
        signs = torch.cat((found.chroma / UNIT, found.null[..., None]), dim=-1).transpose(1, 2).flatten(2)
        rows = rows + found.features + self.found(signs.to(rows.dtype))
        rows = self.after(torch.unflatten(rows.mT, 2, x.shape[-2:])).flatten(2).mT
        candidates = torch.cat((torch.unflatten(upsampled(colors, x), 1, (-1, 2)).flatten(3).mT, found.chroma), dim=1)
        return self._mixture(rows, candidates, (x.shape[-2], x.shape[-1]))

    def _mixture(self, rows: Tensor, candidates: Tensor, size: tuple[int, int]) -> Mixture:
        """The mixture from features ``b n d`` and each head's attended a*b*, ``b heads n 2``."""
        gates = self.gate(rows).float().softmax(-1)
        attended = torch.einsum("bnk,bknc->bnc", gates, candidates.float())
        logits, a, b, log_deviations = torch.unflatten(self.head(rows).float(), 2, (4, -1)).unbind(2)
        means = UNIT * torch.stack((a, b), dim=-1)
        means = torch.cat((means[:, :, :1] + attended[:, :, None], means[:, :, 1:]), dim=2)
        return Mixture(
            torch.unflatten(logits.log_softmax(-1).mT, 2, size),
            torch.unflatten(means.permute(0, 2, 3, 1), 3, size),
            torch.unflatten(log_deviations.clamp(*_LOG_DEVIATIONS).mT, 2, size),
        )


def _tokens(
    features: Float[Tensor, "b c h w"], color: nn.Linear, chroma: Tensor, alpha: Tensor | None
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Features as rows, the same with the colors in them, the mean a*b* of their places, and which of them count."""
    pooled = pooled_color(chroma, alpha, (features.shape[-2], features.shape[-1]))
    rows = features.flatten(2).mT
    mean, deviation = pooled.mean.flatten(2).mT, pooled.deviation.flatten(2).mT
    colored = rows + color(torch.cat((mean, deviation), dim=-1) / UNIT)
    return rows, colored, mean, pooled.kept.flatten(1)


def upsampled(x: Float[Tensor, "b c h w"], like: Float[Tensor, "b c2 h2 w2"]) -> Float[Tensor, "b c h2 w2"]:
    """Features at the size of others, bilinear."""
    return F.interpolate(x, like.shape[-2:], mode="bilinear", align_corners=False)
