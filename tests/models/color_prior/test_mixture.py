"""Tests of mixtures of Gaussians over a*b*, against torch.distributions."""

import math

import pytest
import torch
from torch import distributions

from kinemacolor.models.color_prior.mixture import UNIT, Mixture


@pytest.fixture
def mixture() -> Mixture:
    torch.manual_seed(0)
    log_weights = torch.randn(2, 3, 4, 5).log_softmax(1)
    return Mixture(log_weights, 30 * torch.randn(2, 3, 2, 4, 5), 2 + 0.5 * torch.randn(2, 3, 4, 5))


def theirs(mixture: Mixture) -> distributions.MixtureSameFamily:
    means, deviations = mixture.means.permute(0, 3, 4, 1, 2), mixture.log_deviations.exp().permute(0, 2, 3, 1)
    each = distributions.Independent(distributions.Normal(means, deviations[..., None]), 1)
    return distributions.MixtureSameFamily(
        distributions.Categorical(logits=mixture.log_weights.permute(0, 2, 3, 1)), each
    )


def test_mean_and_variance_are_the_mixture_s(mixture: Mixture) -> None:
    expected = theirs(mixture)
    torch.testing.assert_close(mixture.mean.permute(0, 2, 3, 1), expected.mean)
    torch.testing.assert_close(mixture.variance[:, 0], expected.variance.mean(-1), rtol=1e-4, atol=1e-3)


def test_the_likelihood_is_the_mixture_s_in_units_of_20(mixture: Mixture) -> None:
    truth = 20 * torch.randn(2, 2, 4, 5)
    expected = -theirs(mixture).log_prob(truth.permute(0, 2, 3, 1)) - 2 * math.log(UNIT)
    torch.testing.assert_close(mixture.negative_log_likelihood(truth), expected, rtol=1e-4, atol=1e-4)


def test_the_mode_is_the_mean_of_the_highest_peak() -> None:
    means = torch.tensor([[10.0, 0.0], [-30.0, 5.0]])[None, :, :, None, None]
    narrow_but_rare = Mixture(
        torch.tensor([0.6, 0.4]).log()[None, :, None, None], means, torch.tensor([2.0, 1.0])[None, :, None, None]
    )
    assert narrow_but_rare.mode.flatten().tolist() == [-30.0, 5.0]


def test_a_vivid_color_lies_between_the_mean_and_the_mode(mixture: Mixture) -> None:
    torch.testing.assert_close(mixture.color(0.0), mixture.mean)
    torch.testing.assert_close(mixture.color(1.0), mixture.mode)
    torch.testing.assert_close(mixture.color(0.25), 0.75 * mixture.mean + 0.25 * mixture.mode)
