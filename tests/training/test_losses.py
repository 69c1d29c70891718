"""Tests of the losses, each against a case worked by hand."""

import math

import pytest
import torch

from kinemacolor.training.losses.adversarial import discriminator_loss, generator_loss
from kinemacolor.training.losses.contextual import contextual_affinity, contextual_loss
from kinemacolor.training.losses.edge_enhancing import edge_enhancing_loss, sobel
from kinemacolor.training.losses.hard_example import hard_example_loss, hard_pixels
from kinemacolor.training.losses.l1 import l1_loss, vivid_l1_loss
from kinemacolor.training.losses.perceptual import perceptual_loss
from kinemacolor.training.losses.smoothness import smoothness_loss, wls_weights
from kinemacolor.training.losses.temporal import temporal_loss


def test_l1_is_the_mean_absolute_difference() -> None:
    truth = torch.tensor([[0.0, 2.0], [4.0, 8.0]])
    assert l1_loss(torch.tensor([[1.0, 2.0], [1.0, 9.0]]), truth) == pytest.approx((1 + 0 + 3 + 1) / 4)


def test_l1_counts_only_samples_whose_exemplar_is_related() -> None:
    truth, predicted = torch.zeros(3, 2), torch.tensor([[1.0, 3.0], [50.0, 50.0], [2.0, 2.0]])
    assert l1_loss(predicted, truth, torch.tensor([True, False, True])) == pytest.approx(2.0)
    assert l1_loss(predicted, truth, torch.tensor([False, False, False])) == 0


def test_perceptual_is_the_mean_square_between_features_and_leaves_the_truth_alone() -> None:
    predicted = torch.full((1, 3, 2, 2), 2.0, requires_grad=True)
    truth = torch.ones(1, 3, 2, 2, requires_grad=True)
    loss = perceptual_loss(predicted, truth, lambda x: 3 * x)
    loss.backward()
    assert loss.item() == pytest.approx(9.0)
    assert predicted.grad is not None
    assert truth.grad is None


def test_contextual_affinity_of_two_features_at_right_angles() -> None:
    # the exemplar's features are (1, 1) and (-1, 1), their mean (0, 1): centered they are (1, 0) and (-1, 0)
    exemplar = torch.tensor([[[1.0, -1.0], [1.0, 1.0]]])
    # (1, 2) is centered to (1, 1): its cosines are 1/sqrt 2 and -1/sqrt 2
    features = torch.tensor([[[1.0], [2.0]]])
    near, far = 1 - math.sqrt(0.5), 1 + math.sqrt(0.5)
    ratio = math.exp(-(far - near) / (near + 1e-5) / 0.1)
    affinity = contextual_affinity(features, exemplar)[0, 0]
    assert affinity.tolist() == pytest.approx([1 / (1 + ratio), ratio / (1 + ratio)], abs=1e-6)
    soft = contextual_affinity(features, exemplar, bandwidth=10.0)[0, 0]
    ratio = math.exp(-(far - near) / (near + 1e-5) / 10)
    assert soft.tolist() == pytest.approx([1 / (1 + ratio), ratio / (1 + ratio)], abs=1e-5)


def test_contextual_loss_is_weighted_minus_log_of_the_best_affinity() -> None:
    # both places of the result lie midway between the two of the exemplar: every affinity is 1/2
    exemplar = torch.tensor([1.0, -1.0, 1.0, 1.0]).view(1, 2, 1, 2)
    midway = torch.tensor([0.0, 0.0, 3.0, 5.0]).view(1, 2, 1, 2)
    assert contextual_loss([midway], [exemplar], [1.0]) == pytest.approx(math.log(2), abs=1e-5)
    assert contextual_loss([midway, midway], [exemplar, exemplar], [8.0, 4.0]) == pytest.approx(12 * math.log(2))
    assert contextual_loss([exemplar], [exemplar], [1.0]) == pytest.approx(0.0, abs=1e-4)


def test_smoothness_weights_follow_likeness_and_sum_to_one() -> None:
    lab = torch.zeros(1, 3, 3, 3)
    lab[0, 0, 1, 1] = math.sqrt(10 * math.log(2))
    weights = wls_weights(lab)
    # seen from the middle, each of the eight others weighs half as much as itself: 1 / (1 + 8 / 2)
    assert weights[0, 4, 1, 1] == pytest.approx(0.2)
    assert weights[0, 0, 1, 1] == pytest.approx(0.1)
    assert torch.allclose(weights.sum(1), torch.ones(1, 3, 3))


def test_smoothness_of_one_odd_pixel_on_a_flat_ground() -> None:
    chroma = torch.zeros(1, 2, 5, 5)
    chroma[0, 0, 2, 2] = 9.0
    even = wls_weights(torch.zeros(1, 3, 5, 5))
    # the odd pixel differs from its mean (1) by 8, its eight neighbors from theirs by 1; 50 values in all
    assert smoothness_loss(chroma, even) == pytest.approx((64 + 8) / 50)
    assert smoothness_loss(torch.full((1, 2, 5, 5), 3.0), even) == pytest.approx(0.0, abs=1e-9)


def test_smoothness_spares_an_edge_that_the_truth_has() -> None:
    chroma = torch.zeros(1, 2, 4, 4)
    chroma[..., 2:] = 30.0
    lab = torch.cat((torch.full((1, 1, 4, 4), 50.0), chroma), dim=1)
    assert smoothness_loss(chroma, wls_weights(lab)) == pytest.approx(0.0, abs=1e-6)
    assert smoothness_loss(chroma, wls_weights(torch.zeros_like(lab))) > 10


def test_relativistic_losses_of_scores_worked_by_hand() -> None:
    fake, real = torch.tensor([0.0, 1.0]), torch.tensor([2.0, 4.0])
    # E real = 3, E fake = 0.5: (0-3-1)^2, (1-3-1)^2; (2-0.5+1)^2, (4-0.5+1)^2
    assert generator_loss(fake, real) == pytest.approx((16 + 9) / 2 + (2.5**2 + 4.5**2) / 2)
    # (2-0.5-1)^2, (4-0.5-1)^2; (0-3+1)^2, (1-3+1)^2
    assert discriminator_loss(fake, real) == pytest.approx((0.25 + 6.25) / 2 + (4 + 1) / 2)


def test_the_generator_is_content_when_fakes_look_one_more_real() -> None:
    assert generator_loss(torch.tensor([1.0]), torch.tensor([0.0])) == 0
    assert discriminator_loss(torch.tensor([0.0]), torch.tensor([1.0])) == 0


def test_temporal_is_nought_along_the_flow_and_counts_only_what_is_visible() -> None:
    before = torch.arange(12.0).view(1, 3, 4).expand(2, -1, -1)
    now = torch.roll(before, 1, dims=-1)
    flow = torch.zeros(2, 3, 4)
    flow[0] = 1.0
    visible = torch.ones(1, 3, 4, dtype=torch.bool)
    visible[..., -1] = False
    assert temporal_loss(before, now, flow, visible) < 1e-9
    # at the last column the border repeats: now there is 2, 6, 10 where before is 3, 7, 11
    assert temporal_loss(before, now, flow, torch.ones_like(visible)) == pytest.approx(3 / 12)
    assert temporal_loss(before, before + 2, 0 * flow, visible) == pytest.approx(4 * 9 / 12)


def test_sobel_of_a_ramp_and_the_edge_loss_between_ramps() -> None:
    ramp = torch.arange(5.0).expand(1, 1, 5, 5)
    inner = sobel(ramp)[0, 0, :, 2, 1:4]
    assert inner[0].tolist() == [8.0] * 3
    assert inner[1].tolist() == [0.0] * 3
    # on the border the repeated pixel halves the difference: squares 16, 64, 64, 64, 16 and zeros for the rows
    expected = math.sqrt((2 * 16 + 3 * 64) / 10)
    assert edge_enhancing_loss(ramp, torch.zeros_like(ramp)) == pytest.approx(expected)
    assert edge_enhancing_loss(ramp + 7, ramp) == pytest.approx(0.0, abs=1e-5)


def test_the_edge_loss_has_a_finite_gradient_at_its_minimum() -> None:
    picture = torch.ones(1, 1, 4, 4, requires_grad=True)
    edge_enhancing_loss(picture, torch.ones(1, 1, 4, 4)).backward()
    assert picture.grad is not None
    assert torch.isfinite(picture.grad).all()


def test_hard_example_takes_the_worst_half() -> None:
    truth = torch.zeros(1, 2, 1, 4)
    predicted = torch.tensor([1.0, 8.0, 2.0, 5.0]).view(1, 1, 1, 4).expand(1, 2, 1, 4)
    assert hard_pixels(predicted[:, 0], random=0.0).tolist() == [[[False, True, False, True]]]
    assert hard_example_loss(predicted, truth, random=0.0) == pytest.approx((8 + 5) / 4)


def test_hard_example_draws_some_more_at_random() -> None:
    error = torch.arange(100.0).view(1, 10, 10)
    hard = hard_pixels(error, generator=torch.Generator().manual_seed(0))
    assert hard.view(-1)[50:].all()
    assert 50 < hard.sum() <= 60
    again = hard_pixels(error, generator=torch.Generator().manual_seed(0))
    assert torch.equal(hard, again)


def test_vivid_l1_weighs_an_error_by_the_true_chroma() -> None:
    truth = torch.tensor([[3.0, 0.0], [4.0, 0.0]]).view(2, 1, 2)
    # errors of 1 in a* and b* at a place of chroma 5 and at a gray one: weights 1 + 2 * 5 and 1
    assert vivid_l1_loss(truth + 1, truth, gain=2.0) == pytest.approx((11 + 1) / 2)
    assert vivid_l1_loss(truth + 1, truth, gain=0.0) == pytest.approx(1.0)
