"""Colors by look alone."""

import pytest
import torch

from kinemacolor.models.color_prior import Mixture
from kinemacolor.models.colormnet_lite.prior import PriorColors, UnconditionalPrior


def test_untrained_it_guesses_gray_and_is_unsure() -> None:
    prior_colors = UnconditionalPrior(12, 8).eval()(torch.randn(2, 12, 3, 4), torch.rand(2, 1, 3, 4) * 100)
    assert prior_colors.chroma.shape == (2, 2, 3, 4)
    assert not prior_colors.chroma.any()
    assert torch.all(prior_colors.log_variance == 5)


def test_weak_colors_are_muted_more_than_strong_ones() -> None:
    chroma = torch.tensor([[3.0, 4.0], [30.0, 40.0]])[:, :, None, None]
    muted = PriorColors(chroma, torch.zeros(2, 1, 1, 1)).muted().chroma[..., 0, 0]
    # of lengths 5 and 50, times 5 / 14 and 50 / 59
    torch.testing.assert_close(muted, torch.tensor([[3.0, 4.0], [30.0, 40.0]]) * torch.tensor([[5 / 14], [50 / 59]]))


def test_it_learns_which_look_has_which_color() -> None:
    torch.manual_seed(0)
    prior = UnconditionalPrior(4, 16)
    key = torch.nn.functional.one_hot(torch.arange(60) % 4, 4).T.float().view(1, 4, 6, 10) * 0.2
    truth = torch.stack((key[0, 0] - key[0, 1], key[0, 2] - key[0, 3]))[None] * 100
    luma = torch.full((1, 1, 6, 10), 50.0)
    optimizer = torch.optim.Adam(prior.parameters(), 0.01)
    for _ in range(150):
        loss = (prior(key, luma).chroma - truth).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (prior.eval()(key, luma).chroma - truth).abs().max() < 4


def one_gaussian(a: float, b: float, variance: float) -> Mixture:
    """The same at each of 2 x 2 places."""
    means = torch.tensor([a, b]).view(1, 1, 2, 1, 1).expand(1, 1, 2, 2, 2)
    return Mixture(torch.zeros(1, 1, 2, 2), means, torch.full((1, 1, 2, 2), variance).log() / 2)


def test_colors_by_look_and_those_with_the_exemplars_weigh_by_their_precision() -> None:
    look = PriorColors(torch.tensor([10.0, 0.0]).view(1, 2, 1, 1), torch.full((1, 1, 1, 1), 25.0).log())
    both = look.beside(one_gaussian(-20.0, 30.0, 10.0))
    # variances of 3 * 25 and 10 / 2 + 20: weights of 1 and 3
    assert both.chroma[0, :, 0, 0].tolist() == pytest.approx([-12.5, 22.5], abs=1e-3)
    assert both.log_variance.exp()[0, 0, 0, 0].item() == pytest.approx(75 / 4, abs=1e-3)
    assert both.chroma.shape == (1, 2, 2, 2)


@pytest.mark.parametrize(("familiarity", "times"), [(0.7, 1), (0.5, 1), (0.47, 2.4596), (0.3, 10), (-1.0, 10)])
def test_colors_by_look_weigh_more_in_a_shot_that_its_exemplars_do_not_know(familiarity: float, times: float) -> None:
    look = PriorColors(torch.tensor([10.0, 0.0]).view(1, 2, 1, 1), torch.full((1, 1, 1, 1), 25.0).log())
    both = look.beside(one_gaussian(-20.0, 30.0, 10.0), familiarity=familiarity)
    # weights of 1 / 25, and of 1 / 75 for so many times
    assert both.log_variance.exp()[0, 0, 0, 0].item() == pytest.approx(1 / (1 / 25 + times / 75), rel=1e-3)
    assert both.chroma[0, 0, 0, 0].item() == pytest.approx((-20 * 3 + 10 * times) / (3 + times), rel=1e-3)
