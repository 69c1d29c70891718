"""The exemplars as the prior holds them: keys at strides 16 and 8, each with its color."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from kinemacolor.models.color_prior.attention import Keys

_LEAST_SHARE = 0.5
_EPSILON = 1e-4


@dataclass(frozen=True, slots=True)
class Exemplars:
    """Keys at stride 16, for each layer, and at stride 8, where small things have tokens of their own.

    They are made once for a shot and asked by each of its frames.
    """

    coarse: tuple[Keys, ...]
    fine: Keys

    @classmethod
    def joined(cls, several: Sequence["Exemplars"]) -> "Exemplars":
        """Several exemplars as one memory; each may have any size."""
        coarse = tuple(Keys.joined(layer) for layer in zip(*(each.coarse for each in several)))
        return cls(coarse, Keys.joined([each.fine for each in several]))

    def taken(self, rows: Sequence[int], *, seen: Bool[Tensor, " b"] | None = None) -> "Exemplars":
        """These rows of the batch; of those that are not ``seen`` every token is hidden."""
        index = torch.tensor(rows, device=self.fine.key.device)
        return Exemplars(tuple(keys.taken(index, seen) for keys in self.coarse), self.fine.taken(index, seen))


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
