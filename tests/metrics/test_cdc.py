import math

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from kinemacolor.metrics.cdc import Cdc, histogram_of, jensen_shannon


def film(frames: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    start = torch.randint(0, 200, (3, 12, 16), generator=generator)
    steps = torch.randint(-3, 6, (frames, 3, 12, 16), generator=generator).cumsum(0)
    return (start + steps).clamp(0, 255).to(torch.uint8)


def test_cdc_equals_scipy_over_steps_of_1_2_and_4() -> None:
    frames = film(9)
    cdc = Cdc()
    for frame in frames:
        cdc.add(frame)
    histograms = [[np.bincount(channel.ravel(), minlength=256) for channel in frame.numpy()] for frame in frames]
    means = []
    for step in (1, 2, 4):
        pairs = zip(histograms, histograms[step:])
        means.append(np.mean([jensenshannon(a, b) ** 2 for one, other in pairs for a, b in zip(one, other)]))
    assert cdc.value == pytest.approx(np.mean(means), abs=1e-12)


def test_a_still_film_has_none_and_disjoint_histograms_differ_by_log_2() -> None:
    still = Cdc()
    for _ in range(6):
        still.add(film(1)[0])
    assert still.value == 0
    black = torch.zeros(3, 4, 4, dtype=torch.uint8)
    assert jensen_shannon(histogram_of(black), histogram_of(black + 255)) == pytest.approx(math.log(2))


def test_each_frame_says_how_far_it_is_from_the_frames_before() -> None:
    cdc = Cdc()
    found = [cdc.add(frame) for frame in film(6)]
    assert [sorted(one) for one in found] == [[], [1], [1, 2], [1, 2], [1, 2, 4], [1, 2, 4]]
    assert math.isnan(Cdc().value)
