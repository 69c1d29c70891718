"""Colours of the exemplars, found by similarity: attention of a frame's keys over the exemplars' keys."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

_QUERIES_AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class Bank:
    """What can be matched: a unit key and its colour for each position of every exemplar."""

    keys: Float[Tensor, "n key_channels"]
    colors: Float[Tensor, "n 2"]


def read(
    bank: Bank, queries: Float[Tensor, "key_channels h w"], *, top_k: int, temperature: float
) -> tuple[Float[Tensor, "2 h w"], Float[Tensor, "1 h w"]]:
    """The chroma that each query finds, and the similarity (-1..1) of its best match.

    Softmax over the ``top_k`` most similar keys at ``temperature``.
    """
    flat = queries.flatten(1).T
    colors, best = [], []
    for chunk in torch.split(flat, _QUERIES_AT_ONCE):
        similarity = (chunk @ bank.keys.T).float()
        values, places = similarity.topk(min(top_k, similarity.shape[1]), dim=1)
        weights = (values / temperature).softmax(1)
        colors.append((weights[..., None] * bank.colors[places]).sum(1))
        best.append(values[:, :1])
    size = queries.shape[-2:]
    return torch.cat(colors).T.reshape(2, *size), torch.cat(best).T.reshape(1, *size)
