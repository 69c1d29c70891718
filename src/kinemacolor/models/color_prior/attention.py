"""Attention by cosine with a learned temperature, and a null token for what no exemplar answers.

Scaled dot-product attention (Vaswani et al., 2017, Eq. 1) on unit vectors, as in Swin v2 (Liu et al., 2022, Eq. 2):
a temperature per head takes the place of the square root of the channels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

_HOTTEST = math.log(64.0)
_HIDDEN = -1e4
_FUSED_FROM = 400


@dataclass(frozen=True, slots=True)
class Keys:
    """The exemplars for cross-attention: unit keys, values with a*b* as their last two channels, which are seen."""

    key: Float[Tensor, "b heads m d"]
    value: Float[Tensor, "b heads m d2"]
    kept: Bool[Tensor, "b m"]

    @classmethod
    def joined(cls, several: Sequence["Keys"]) -> "Keys":
        """Those of several exemplars, one after the other."""
        key, value = (torch.cat([getattr(each, name) for each in several], dim=2) for name in ("key", "value"))
        return cls(key, value, torch.cat([each.kept for each in several], dim=1))

    def none(self) -> "Keys":
        """No token at all."""
        return Keys(self.key[:, :, :0], self.value[:, :, :0], self.kept[:, :0])

    def taken(self, rows: Tensor, seen: Bool[Tensor, " b"] | None) -> "Keys":
        """These rows of the batch; of those that are not ``seen`` every token is hidden."""
        kept = self.kept.index_select(0, rows)
        kept = kept if seen is None else kept & seen[:, None]
        return Keys(self.key.index_select(0, rows), self.value.index_select(0, rows), kept)


@dataclass(frozen=True, slots=True)
class Attended:
    """The output of cross-attention: features to add, the exemplars' a*b* by head, and the null token's share."""

    features: Float[Tensor, "b n c"]
    chroma: Float[Tensor, "b heads n 2"]
    null: Float[Tensor, "b heads n"]


def _split(rows: Tensor, heads: int) -> Tensor:
    """``b n (heads d)`` as ``b heads n d``."""
    return torch.unflatten(rows, -1, (heads, -1)).transpose(1, 2)


def _joined(rows: Tensor) -> Tensor:
    """``b heads n d`` as ``b n (heads d)``."""
    return rows.transpose(1, 2).flatten(2)


class Temperature(nn.Module):
    """Unit queries times a learned number per head, at most 64."""

    def __init__(self, heads: int, start: float) -> None:
        super().__init__()
        self.log_temperature = nn.Parameter(torch.full((heads, 1, 1), math.log(start)))

    def forward(self, query: Float[Tensor, "b heads n d"]) -> Float[Tensor, "b heads n d"]:
        """The queries at the length of the temperature."""
        return F.normalize(query.float(), dim=-1) * self.log_temperature.clamp_max(_HOTTEST).exp()


class SelfAttention(nn.Module):
    """Each token asks all others of its frame."""

    def __init__(self, channels: int, heads: int, *, temperature: float = 8.0) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.inward = nn.Linear(channels, 3 * channels)
        self.temperature = Temperature(heads, temperature)
        self.outward = zeroed(nn.Linear(channels, channels))

    def forward(self, tokens: Float[Tensor, "b n c"]) -> Float[Tensor, "b n c"]:
        """The features to add."""
        query, key, value = (_split(rows, self.heads) for rows in self.inward(self.norm(tokens)).chunk(3, dim=-1))
        logits = self.temperature(query) @ F.normalize(key.float(), dim=-1).mT
        return self.outward(_joined(logits.float().softmax(-1) @ value))


class CrossAttention(nn.Module):
    """Each place asks the exemplars; where nothing there is like it, a learned null token answers.

    Queries and keys start equal, so that like finds like from the first step on.
    """

    def __init__(self, channels: int, heads: int, key_channels: int, *, temperature: float) -> None:
        super().__init__()
        self.heads = heads
        self.query_norm, self.key_norm = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.value_norm = nn.LayerNorm(channels)
        self.query = nn.Linear(channels, heads * key_channels, bias=False)
        self.key = nn.Linear(channels, heads * key_channels, bias=False)
        self.key.weight.data.copy_(self.query.weight.data)
        self.value = nn.Linear(channels, heads * key_channels)
        self.temperature = Temperature(heads, temperature)
        self.null_key = nn.Parameter(torch.randn(heads, 1, key_channels) / key_channels**0.5)
        self.null_value = nn.Parameter(torch.zeros(heads, 1, key_channels))
        self.null_bias = nn.Parameter(torch.zeros(heads, 1, 1))
        self.outward = zeroed(nn.Linear(heads * key_channels, channels))

    def keys_of(
        self,
        tokens: Float[Tensor, "b m c"],
        colored: Float[Tensor, "b m c"],
        chroma: Float[Tensor, "b m 2"],
        kept: Bool[Tensor, "b m"],
    ) -> Keys:
        """Exemplars' ``tokens`` to be asked, whose values are ``colored`` and ``chroma``.

        Tokens that are not ``kept`` are not seen.
        """
        key = F.normalize(_split(self.key(self.key_norm(tokens)), self.heads).float(), dim=-1)
        value = _split(self.value(self.value_norm(colored)), self.heads)
        colors = chroma[:, None].expand(-1, self.heads, -1, -1)
        return Keys(key, torch.cat((value, colors.to(value.dtype)), dim=-1), kept)

    def forward(self, places: Float[Tensor, "b n c"], keys: Keys) -> Attended:
        """The answers for ``places`` among the exemplars' keys. The null token's a*b* is gray."""
        query = self.temperature(_split(self.query(self.query_norm(places)), self.heads))
        null_key = F.normalize(self.null_key, dim=-1).expand(len(places), -1, -1, -1)
        null_value = F.pad(self.null_value, (0, 2)).to(keys.value.dtype).expand(len(places), -1, -1, -1)
        key, value = torch.cat((keys.key, null_key), dim=2), torch.cat((keys.value, null_value), dim=2)
        hidden = torch.where(keys.kept, 0.0, _HIDDEN)[:, None, None].expand(-1, self.heads, -1, -1)
        bias = torch.cat((hidden, self.null_bias.expand(len(places), -1, -1, -1)), dim=-1)
        found, null = _attend(query, key, value, bias)
        features = self.outward(_joined(found[..., :-2]))
        return Attended(features, found[..., -2:].float(), null)


def _attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted values, and the weight of the last token."""
    if query.shape[2] >= _FUSED_FROM:
        return _attend_fused(query, key, value, bias)
    weights = (query @ key.mT + bias).float().softmax(-1)
    return weights @ value, weights[..., -1]


def _attend_fused(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """The same without ever holding all weights: for many places half the time and a fraction of the memory.

    The fused kernel takes no mask that learns and gives no weights: the bias is one more channel of the keys, and
    the last token's weight one more of the values.
    """
    last = torch.zeros_like(value[..., :1])
    last[..., -1, :] = 1
    values = torch.cat((value, last), dim=-1)
    channels = -(-values.shape[-1] // 8) * 8
    keys = torch.cat((key, bias.mT), dim=-1)
    queries = torch.cat((query, torch.ones_like(query[..., :1])), dim=-1)
    with torch.autocast(query.device.type, enabled=False):
        found = F.scaled_dot_product_attention(
            _widened(queries, channels), _widened(keys, channels), _widened(values, channels), scale=1.0
        )
    return found[..., : value.shape[-1]], found[..., value.shape[-1]]


def _widened(rows: Tensor, channels: int) -> Tensor:
    """Rows of so many channels, the new ones zero."""
    return F.pad(rows.float(), (0, channels - rows.shape[-1]))


def zeroed(layer: nn.Linear) -> nn.Linear:
    """A layer that answers zero until it has learned something else."""
    nn.init.zeros_(layer.weight)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
