"""Tests of the learning rate, of what is asked of the data, and of the running mean."""

from dataclasses import replace

import pytest
import torch
from standin import RECIPE, Standin
from torch.optim.swa_utils import AveragedModel

from kinemacolor.training.schedule import following_mean, rate_factor, requests


def test_the_rate_rises_in_a_line_and_falls_along_a_cosine() -> None:
    recipe = replace(RECIPE, warm_up_steps=4, final_rate=0.1)
    assert [rate_factor(step, 104, recipe) for step in range(4)] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert rate_factor(4, 104, recipe) == pytest.approx(1.0)
    assert rate_factor(54, 104, recipe) == pytest.approx(0.55)
    assert rate_factor(104, 104, recipe) == pytest.approx(0.1)


def test_a_rate_without_decay_stays() -> None:
    recipe = replace(RECIPE, warm_up_steps=0, decay="none")
    assert {rate_factor(step, 100, recipe) for step in range(100)} == {1.0}


def test_processes_share_each_batch_and_no_sample_comes_twice() -> None:
    whole = list(requests(RECIPE, first=0, steps=6))
    shares = [list(requests(RECIPE, first=0, steps=6, rank=rank, processes=2)) for rank in (0, 1)]
    assert [one + two for one, two in zip(*shares)] == whole
    assert [request.index for batch in whole for request in batch] == list(range(24))


def test_a_run_that_goes_on_asks_for_what_is_left() -> None:
    whole = list(requests(RECIPE, first=0, steps=6))
    assert list(requests(RECIPE, first=4, steps=6)) == whole[4:]


def test_the_mean_follows_faster_at_first_and_then_as_asked() -> None:
    network = Standin()
    mean = AveragedModel(network, multi_avg_fn=following_mean(0.5), use_buffers=True)
    weight, follower = network.out.bias, mean.module.out.bias
    expected = torch.zeros(2)
    for count, value in enumerate((8.0, 4.0, 2.0, 16.0)):
        with torch.no_grad():
            weight.fill_(value)
        mean.update_parameters(network)
        keep = min(0.5, (1 + count) / (10 + count))
        expected = torch.full((2,), value) if count == 0 else keep * expected + (1 - keep) * value
        assert torch.allclose(follower, expected)
