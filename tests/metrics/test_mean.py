import math

import pytest

from kinemacolor.metrics.mean import Mean


def test_a_mean_is_that_of_its_values_and_leaves_out_nan() -> None:
    mean = Mean()
    for value in (1.0, math.nan, 2.0, 6.0):
        mean.add(value)
    assert mean.value == 3.0
    assert mean.count == 3


def test_before_the_first_value_there_is_no_mean() -> None:
    assert math.isnan(Mean().value)


def test_small_values_beside_large_ones_are_not_lost() -> None:
    mean = Mean()
    for value in (1e16, 1.0, 1.0, -1e16):
        mean.add(value)
    assert mean.value == pytest.approx(0.5, abs=0)
