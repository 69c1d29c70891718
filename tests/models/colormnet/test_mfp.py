"""The mathematics of memory against the formulas written out."""

import pytest
import torch
from torch import Tensor

from kinemacolor.models.colormnet import mfp


def tokens(n: int, k: int = 6, v: int = 5, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    key, value = torch.randn(n, k, generator=generator), torch.randn(n, v, generator=generator)
    return key, 1 + torch.rand(n, generator=generator), value


def queries(m: int, k: int = 6) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(9)
    return torch.randn(m, k, generator=generator), torch.rand(m, k, generator=generator)


def distance(query: Tensor, selection: Tensor, key: Tensor, shrinkage: Tensor) -> Tensor:
    squares = (key[None] - query[:, None]).square()
    return -(selection[:, None] * squares).sum(-1) * shrinkage / key.shape[1] ** 0.5


def test_similarity_is_the_weighted_squared_distance() -> None:
    key, shrinkage, _ = tokens(40)
    query, selection = queries(7)
    ours = mfp.similarity(mfp.query_operand(query, selection), mfp.memory_operand(key, shrinkage))
    assert torch.allclose(ours, distance(query, selection, key, shrinkage), atol=1e-5)


def test_streamed_search_equals_the_dense_formula() -> None:
    parts = [tokens(n, seed=n) for n in (50, 7, 120)]
    query, selection = queries(23)
    operands = [mfp.memory_operand(key, shrinkage) for key, shrinkage, _ in parts]
    answer = mfp.search(mfp.query_operand(query, selection), operands, top_k=9)
    read = mfp.read(answer, [value for _, _, value in parts])
    key, shrinkage, value = (torch.cat([part[i] for part in parts]) for i in range(3))
    scores = distance(query, selection, key, shrinkage)
    top = scores.topk(9)
    dense = torch.zeros_like(scores).scatter(1, top.indices, top.values.softmax(1)) @ value
    assert torch.allclose(read, dense, atol=1e-5)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    key, shrinkage, value = tokens(100)
    asking = mfp.query_operand(*queries(31))
    operand = mfp.memory_operand(key, shrinkage)
    whole = mfp.read(mfp.search(asking, [operand], 5), [value])
    monkeypatch.setattr(mfp, "_QUERIES_AT_ONCE", 4)
    monkeypatch.setattr(mfp, "_TOKENS_AT_ONCE", 3)
    assert torch.allclose(mfp.read(mfp.search(asking, [operand], 5), [value]), whole, atol=1e-6)


def test_fewer_tokens_than_top_k_all_answer() -> None:
    key, shrinkage, value = tokens(3)
    asking, operand = mfp.query_operand(*queries(4)), mfp.memory_operand(key, shrinkage)
    answer = mfp.search(asking, [operand], 30)
    assert answer.token.shape == (4, 3)
    assert torch.allclose(mfp.read(answer, [value]), mfp.full_read(asking, operand, value), atol=1e-6)


def test_distant_memory_still_answers() -> None:
    # the release takes exp without subtracting the maximum: it would divide zero by zero here
    key, shrinkage, value = tokens(40)
    query, selection = queries(2)
    answer = mfp.search(mfp.query_operand(query + 1e3, selection + 1), [mfp.memory_operand(key, shrinkage)], 30)
    assert torch.isfinite(mfp.read(answer, [value])).all()
    assert torch.allclose(answer.weight.sum(1), torch.ones(2))


def test_most_used_come_in_order() -> None:
    assert mfp.most_used(torch.tensor([0.1, 3.0, 2.0, 5.0]), 3).tolist() == [3, 1, 2]


def test_prototypes_read_the_candidates() -> None:
    key, shrinkage, value = tokens(20)
    asking, operand = mfp.query_operand(key[:3], torch.ones(3, 6)), mfp.memory_operand(key, shrinkage)
    weights = distance(key[:3], torch.ones(3, 6), key, shrinkage).softmax(1)
    ours_shrinkage, ours_value = mfp.prototype_values(asking, operand, shrinkage, value)
    assert torch.allclose(ours_shrinkage, weights @ shrinkage, atol=1e-5)
    assert torch.allclose(ours_value, weights @ value, atol=1e-5)


def test_ties_with_the_last_that_goes_go_too() -> None:
    assert mfp.worth_keeping(torch.tensor([5.0, 1.0, 2.0, 1.0, 3.0]), 1).tolist() == [0, 2, 4]
