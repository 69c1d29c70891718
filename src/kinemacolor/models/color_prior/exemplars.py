"""What the prior holds of the exemplars: tokens at strides 16 and 8, each with its color."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

_LEAST_SHARE = 0.5
_EPSILON = 1e-4


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one stride, of any number of exemplars one after the other.

    ``colored`` are the features with the colors in them, ``chroma`` the mean a*b* of each token's place. A token
    that is not ``kept`` is not seen.
    """

    features: Float[Tensor, "b n c"]
    colored: Float[Tensor, "b n c"]
    chroma: Float[Tensor, "b n 2"]
    kept: Bool[Tensor, "b n"]


@dataclass(frozen=True, slots=True)
class Exemplars:
    """The tokens at stride 16 and those at stride 8, where small things have one of their own."""

    coarse: Tokens
    fine: Tokens

    @classmethod
    def joined(cls, several: Sequence["Exemplars"]) -> "Exemplars":
        """Several exemplars as one memory; each may have any size."""
        return cls(_concatenated([each.coarse for each in several]), _concatenated([each.fine for each in several]))

    def taken(self, rows: Sequence[int], *, seen: Bool[Tensor, " b"] | None = None) -> "Exemplars":
        """These rows of the batch; of those that are not ``seen`` every token is hidden."""
        return Exemplars(_taken(self.coarse, rows, seen), _taken(self.fine, rows, seen))


def _concatenated(several: Sequence[Tokens]) -> Tokens:
    columns = zip(*((t.features, t.colored, t.chroma, t.kept) for t in several))
    features, colored, chroma, kept = (torch.cat(column, dim=1) for column in columns)
    return Tokens(features, colored, chroma, kept)


def _taken(tokens: Tokens, rows: Sequence[int], seen: Tensor | None) -> Tokens:
    index = torch.tensor(rows, device=tokens.features.device)
    planes = (tokens.features, tokens.colored, tokens.chroma, tokens.kept)
    out = Tokens(*(plane.index_select(0, index) for plane in planes))
    return out if seen is None else replace(out, kept=out.kept & seen[:, None])


@dataclass(frozen=True, slots=True)
class PooledColor:
    """The mean and the deviation of a*b* in each cell of a grid, and whether enough of the cell counts."""

    mean: Float[Tensor, "b 2 h w"]
    deviation: Float[Tensor, "b 2 h w"]
    kept: Bool[Tensor, "b h w"]


def pooled_color(
    chroma: Float[Tensor, "b 2 h w"], alpha: Float[Tensor, "b 1 h w"] | None, size: tuple[int, int]
) -> PooledColor:
    """a*b* over the cells of a grid of ``size``; ``alpha`` (0..1) says what counts, None that all does."""
    if alpha is None:
        mean = F.adaptive_avg_pool2d(chroma, size)
        square = F.adaptive_avg_pool2d(chroma.square(), size)
        kept = torch.ones_like(mean[:, 0], dtype=torch.bool)
    else:
        share = F.adaptive_avg_pool2d(alpha, size)
        mean = F.adaptive_avg_pool2d(chroma * alpha, size) / share.clamp_min(_EPSILON)
        square = F.adaptive_avg_pool2d(chroma.square() * alpha, size) / share.clamp_min(_EPSILON)
        kept = share[:, 0] >= _LEAST_SHARE
    return PooledColor(mean, (square - mean.square()).clamp_min(0).sqrt(), kept)
