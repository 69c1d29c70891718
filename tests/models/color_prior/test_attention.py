"""Tests of attention by cosine, on cases worked by hand."""

import math

import pytest
import torch

from kinemacolor.models.color_prior.attention import Attended, CrossAttention, SelfAttention


@pytest.fixture
def attention() -> CrossAttention:
    """One head whose queries and keys are the normalized tokens; the null token lies across all of them."""
    made = CrossAttention(4, 1, 4, temperature=8.0)
    for linear in (made.query, made.key):
        linear.weight.data.copy_(torch.eye(4))
    made.null_key.data.copy_(torch.full((1, 1, 4), 0.5))  # a token's norm takes its mean away: cosine 0 with all
    return made


TOKENS = torch.tensor([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])[None]
CHROMA = torch.tensor([[40.0, 0.0], [0.0, -30.0]])[None]


def asked(attention: CrossAttention, kept: list[bool]) -> Attended:
    return attention(TOKENS[:, :1], attention.keys_of(TOKENS, TOKENS, CHROMA, torch.tensor([kept])))


def test_the_like_of_a_place_weighs_by_its_cosine_times_the_temperature(attention: CrossAttention) -> None:
    found = asked(attention, [True, True])
    like, other = math.exp(8), math.exp(0)  # and the null token, exp(0)
    total = like + 2 * other
    torch.testing.assert_close(
        found.chroma[0, 0, 0], torch.tensor([40 * like, -30 * other]) / total, rtol=1e-4, atol=1e-4
    )
    assert found.null[0, 0, 0].item() == pytest.approx(other / total, rel=1e-3)
    assert not found.features.any()  # until something has been learned


def test_the_null_token_answers_gray_where_all_others_are_hidden(attention: CrossAttention) -> None:
    found = asked(attention, [False, False])
    assert found.chroma[0, 0, 0].tolist() == [0, 0]
    assert found.null[0, 0, 0].item() == 1


def test_a_hidden_token_is_not_seen(attention: CrossAttention) -> None:
    found = asked(attention, [False, True])
    torch.testing.assert_close(found.chroma[0, 0, 0], torch.tensor([0.0, -15.0]))


def test_temperature_is_bounded(attention: CrossAttention) -> None:
    attention.temperature.log_temperature.data.fill_(9.0)
    assert attention.temperature(torch.randn(1, 1, 3, 4)).norm(dim=-1).max().item() == pytest.approx(64, rel=1e-3)


def test_self_attention_adds_nothing_until_it_has_learned() -> None:
    torch.manual_seed(0)
    attention = SelfAttention(8, 2)
    tokens = torch.randn(2, 5, 8)
    assert not attention(tokens).any()
    torch.nn.init.normal_(attention.outward.weight)
    shuffled = torch.randperm(5)
    torch.testing.assert_close(attention(tokens)[:, shuffled], attention(tokens[:, shuffled]))


def test_the_fused_kernel_answers_as_the_plain_one_and_learns_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    attention = CrossAttention(16, 2, 8, temperature=8.0)
    for parameter in attention.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    places, tokens, chroma = torch.randn(1, 50, 16), torch.randn(1, 30, 16), torch.randn(1, 30, 2)
    found, gradients = [], []
    for fused_from in (51, 1):
        monkeypatch.setattr("kinemacolor.models.color_prior.attention._FUSED_FROM", fused_from)
        attended = attention(places, attention.keys_of(tokens, tokens, chroma, torch.arange(30)[None] < 20))
        found.append((attended.features, attended.chroma, attended.null))
        total = sum((each.square().sum() for each in found[-1]), torch.zeros(()))
        gradients.append(torch.autograd.grad(total, list(attention.parameters())))
    torch.testing.assert_close(found[0], found[1])
    torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-3, atol=1e-4)
