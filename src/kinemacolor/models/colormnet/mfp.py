"""MFP, the mathematics: how memory is searched, read and made smaller (ColorMNet, Section 3.2).

Tokens are rows: ``n`` in memory, ``m`` that ask, ``k`` key channels, ``v`` value channels. As in the release, and
unlike the paper's Eq. 6b and 9b, the squared distance is weighted per channel by the query's selection and per token
by its shrinkage (XMem), and only the ``top_k`` most similar tokens answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

_QUERIES_AT_ONCE = 256
_TOKENS_AT_ONCE = 16384


def memory_operand(key: Float[Tensor, "*b n k"], shrinkage: Float[Tensor, "*b n"]) -> Float[Tensor, "*b n k2"]:
    """The factor of ``similarity`` that belongs to memory: it is computed once, when a token is written.

    Similarity is ``-shrinkage / sqrt(k) * sum(selection * (key - query)^2)``; the square expanded makes it one
    matrix product over 2 k + 1 channels.
    """
    scale = (shrinkage / key.shape[-1] ** 0.5)[..., None]
    return torch.cat((-scale * key.square(), 2 * scale * key, -scale), dim=-1)


def query_operand(query: Float[Tensor, "*b m k"], selection: Float[Tensor, "*b m k"]) -> Float[Tensor, "*b m k2"]:
    """The factor of ``similarity`` that belongs to the query."""
    weighted = selection * query
    return torch.cat((selection, weighted, (weighted * query).sum(-1, keepdim=True)), dim=-1)


def similarity(query: Float[Tensor, "*b m k2"], memory: Float[Tensor, "*b n k2"]) -> Float[Tensor, "*b m n"]:
    """The negative distance of Eq. 9b, from the two operands."""
    return query @ memory.transpose(-1, -2)


@dataclass(frozen=True, slots=True)
class Affinity:
    """Which tokens answer each query, and by how much. ``token`` counts through all segments in order."""

    token: Int[Tensor, "m k"]
    weight: Float[Tensor, "m k"]


Allowed = Callable[[slice, slice], Bool[Tensor, "m n"]]
"""Whether queries of a range may be answered by tokens of a range, counted through all segments in order."""


def search(
    query: Float[Tensor, "m k2"],
    segments: Sequence[Float[Tensor, "_ k2"]],
    top_k: int,
    *,
    allowed: Allowed | None = None,
    bias: Float[Tensor, " n"] | None = None,
) -> Affinity:
    """Eq. 9a over the ``top_k`` most similar tokens, found by streaming: scratch does not grow with memory.

    ``segments`` are memory operands; they are searched as if they were one, without being joined. With ``allowed``,
    which leaves each query a token or more, only what it allows answers. ``bias`` is added to tokens' similarities.
    """
    answers = []
    for start in range(0, len(query), _QUERIES_AT_ONCE):
        asking = slice(start, start + _QUERIES_AT_ONCE)
        some = query[asking]
        values, tokens, first = [], [], 0
        for segment in segments:
            for chunk in torch.split(segment, _TOKENS_AT_ONCE):
                if not len(chunk):
                    continue
                alike = similarity(some, chunk)
                if bias is not None:
                    alike = alike + bias[first : first + len(chunk)]
                if allowed is not None:
                    alike = alike.masked_fill(~allowed(asking, slice(first, first + len(chunk))), -torch.inf)
                value, where = alike.topk(min(top_k, len(chunk)), sorted=False)
                values.append(value)
                tokens.append(where + first)
                first += len(chunk)
        value, where = torch.cat(values, dim=1).topk(min(top_k, first), sorted=False)
        answers.append(Affinity(torch.cat(tokens, dim=1).gather(1, where), value.softmax(1)))
    return Affinity(torch.cat([a.token for a in answers]), torch.cat([a.weight for a in answers]))


def affinity_of_segment(answer: Affinity, first: int, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """The part of an answer that lies in one segment: tokens and weights, flat, and where each query's begin."""
    inside = (answer.token >= first) & (answer.token < first + count)
    per_query = inside.sum(1)
    return answer.token[inside] - first, answer.weight[inside], per_query.cumsum(0) - per_query


def read(answer: Affinity, segments: Sequence[Float[Tensor, "_ v"]]) -> Float[Tensor, "m v"]:
    """Eq. 10: the weighted sum of the values that answer; only these rows are touched."""
    out, first = None, 0
    for values in segments:
        tokens, weights, starts = affinity_of_segment(answer, first, len(values))
        first += len(values)
        if len(tokens):
            part = F.embedding_bag(tokens, values, starts, mode="sum", per_sample_weights=weights)
            out = part if out is None else out + part
    assert out is not None
    return out


def full_read(
    query: Float[Tensor, "*b m k2"], memory: Float[Tensor, "*b n k2"], value: Float[Tensor, "*b n v"]
) -> Float[Tensor, "*b m v"]:
    """Eq. 9a and 10 over all tokens, as in training: gradients reach every one."""
    return similarity(query, memory).softmax(-1) @ value


def most_used(usage: Float[Tensor, " n"], count: int) -> Int[Tensor, " m"]:
    """Eq. 7: the tokens with the highest usage, in decreasing order."""
    return usage.topk(min(count, len(usage))).indices


def drawn(usage: Float[Tensor, " n"], count: int, *, seed: int) -> Int[Tensor, " m"]:
    """As many tokens, whatever their usage; the same ones for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randperm(len(usage), generator=generator)[:count].to(usage.device)


def spread(usage: Float[Tensor, " n"], count: int) -> Int[Tensor, " m"]:
    """As many tokens, evenly over all, whatever their usage."""
    count = min(count, len(usage))
    return torch.arange(count, device=usage.device) * len(usage) // count


def prototype_values(
    prototypes: Float[Tensor, "m k2"],
    candidates: Float[Tensor, "n k2"],
    shrinkage: Float[Tensor, " n"],
    value: Float[Tensor, "n v"],
) -> tuple[Float[Tensor, " m"], Float[Tensor, "m v"]]:
    """Shrinkage and value of the prototypes: what their own keys read from all candidates.

    The paper gathers the prototypes' own values (Eq. 7c); the release aggregates.
    """
    weights = similarity(prototypes, candidates).softmax(-1)
    return weights @ shrinkage, weights @ value


def worth_keeping(usage: Float[Tensor, " n"], surplus: int) -> Int[Tensor, " m"]:
    """The tokens that stay when the ``surplus`` least used go; whatever ties with the last of these goes too."""
    return (usage > usage.kthvalue(surplus).values).nonzero()[:, 0]
