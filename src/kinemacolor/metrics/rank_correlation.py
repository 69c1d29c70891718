"""Spearman's rank correlation (1904)."""

import torch
from jaxtyping import Float, Shaped
from torch import Tensor


def rank_correlation(one: Float[Tensor, " n"], other: Float[Tensor, " n"]) -> float:
    """Spearman's coefficient of two series, -1 to 1; equal values share their mean rank.

    NaN where one of them is constant.
    """
    ranks = torch.stack((_ranks(one), _ranks(other)))
    ranks = ranks - ranks.mean(1, keepdim=True)
    spread = ranks.square().sum(1).prod().sqrt()
    return float(ranks.prod(0).sum() / spread)


def _ranks(values: Shaped[Tensor, " n"]) -> Float[Tensor, " n"]:
    _, place, count = torch.unique(values, return_inverse=True, return_counts=True)
    last = count.cumsum(0).double()
    return (last - (count - 1) / 2)[place]
