import math

import pytest
import torch
from scipy.stats import spearmanr

from kinemacolor.metrics.rank_correlation import rank_correlation


def test_it_equals_scipys_with_and_without_ties() -> None:
    generator = torch.Generator().manual_seed(0)
    one, noise = torch.rand(2, 500, generator=generator)
    for other in (one + noise, (4 * one).round() + (3 * noise).round()):
        assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic, abs=1e-9)


def test_order_alone_counts_and_a_constant_has_none() -> None:
    rising = torch.linspace(0, 1, 20)
    assert rank_correlation(rising, rising.exp()) == pytest.approx(1.0)
    assert rank_correlation(rising, -(rising**3)) == pytest.approx(-1.0)
    assert math.isnan(rank_correlation(rising, torch.ones(20)))
