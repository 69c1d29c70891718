import math

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from kinemacolor.metrics.fid import FeatureStatistics, frechet_distance


def statistics(values: np.ndarray) -> FeatureStatistics:
    found = FeatureStatistics(values.shape[1])
    for row in values:
        found.add(torch.from_numpy(row).float())
    return found


def samples(seed: int, count: int, features: int = 12) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return (generator.normal(size=(count, features)) @ generator.normal(size=(features, features)) + 100).astype("f4")


@pytest.mark.parametrize("count", [200, 5])
def test_fid_equals_the_matrix_root_of_scipy(count: int) -> None:
    one, other = samples(0, count), samples(1, count)
    covariances = [np.cov(values.astype(np.float64), rowvar=False) for values in (one, other)]
    root = sqrtm(covariances[0] @ covariances[1]).real
    gap = one.astype(np.float64).mean(0) - other.astype(np.float64).mean(0)
    expected = gap @ gap + np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(statistics(one), statistics(other)) == pytest.approx(expected, rel=1e-5)


def test_streaming_statistics_are_numpys() -> None:
    values = samples(3, 300)
    found = statistics(values)
    assert np.allclose(found.mean.numpy(), values.astype(np.float64).mean(0), atol=1e-9)
    assert np.allclose(found.covariance.numpy(), np.cov(values.astype(np.float64), rowvar=False), rtol=1e-9)


def test_shifted_sets_lie_as_far_apart_as_their_means() -> None:
    values = samples(0, 100)
    shift = np.zeros(12, np.float32)
    shift[:2] = 3, 4
    assert frechet_distance(statistics(values), statistics(values + shift)) == pytest.approx(25, rel=1e-4)
    assert frechet_distance(statistics(values), statistics(values)) == pytest.approx(0, abs=1e-6)


def test_one_picture_has_no_covariance() -> None:
    assert math.isnan(frechet_distance(statistics(samples(0, 1)), statistics(samples(1, 5))))
