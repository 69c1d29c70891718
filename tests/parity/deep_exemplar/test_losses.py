"""The six losses and the discriminator against the authors', on seeded inputs."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from seeded_inputs import input_array
from seeded_weights import seeded_array
from torch import Tensor

from kinemacolor.layers.warp import warp
from kinemacolor.models.deep_exemplar import DeepExemplar, official
from kinemacolor.models.deep_exemplar.discriminator import Discriminator
from kinemacolor.training.losses.adversarial import discriminator_loss, generator_loss
from kinemacolor.training.losses.contextual import contextual_loss
from kinemacolor.training.losses.l1 import l1_loss
from kinemacolor.training.losses.perceptual import perceptual_loss
from kinemacolor.training.losses.smoothness import wls_weights

Lab = Callable[[str, int, int, int], Tensor]
Measured = Callable[[str], dict[str, np.ndarray]]


def test_discriminator_and_adversarial_loss(lab: Lab, measured: Measured) -> None:
    theirs = measured("losses")
    network = Discriminator()
    for name, tensor in network.state_dict().items():
        published = official.official_name("discriminator", name)
        tensor.copy_(torch.as_tensor(seeded_array(published, tuple(tensor.shape), 1)))
    fake, real = lab("de.gan.fake", 2, 216, 384), lab("de.gan.real", 2, 216, 384)
    # each pass takes the power iteration a step on, so that the order counts
    of_fake, of_real = network(fake, fake.flip(0)), network(real, real.flip(0))
    np.testing.assert_allclose(of_fake, theirs["d_fake_call1"][:, 0], atol=1e-5)
    np.testing.assert_allclose(of_real, theirs["d_real_call2"][:, 0], atol=1e-5)
    # the release halves both
    assert float(discriminator_loss(of_fake, of_real) / 2) == pytest.approx(float(theirs["d_loss"][0]), abs=1e-5)
    assert float(generator_loss(of_fake, of_real) / 2) == pytest.approx(float(theirs["g_loss"][0]), abs=1e-5)


def test_contextual_loss(measured: Measured) -> None:
    ours, theirs = (torch.from_numpy(input_array(f"de.loss.{n}", (2, 16, 12, 20), 1, kind="uniform")) for n in "XY")
    for sample, expected in enumerate(measured("losses")["contextual_forward"]):
        one = slice(sample, sample + 1)
        assert float(contextual_loss([ours[one]], [theirs[one]], [1.0])) == pytest.approx(float(expected), abs=1e-5)


def test_smoothness_away_from_the_border(lab: Lab, measured: Measured) -> None:
    """At the border the release sees black beyond it; we repeat the border."""
    truth, predicted = lab("de.loss.gt", 2, 48, 80), lab("de.loss.pr", 2, 48, 80)[:, 1:]
    weights = wls_weights(truth)
    patches = torch.nn.functional.unfold(predicted, 3, padding=1).view(2, 2, 9, 48, 80)
    smooth = (weights[:, None] * patches).sum(2)
    inner = torch.zeros_like(smooth, dtype=torch.bool)
    inner[..., 1:-1, 1:-1] = True
    where = inner.reshape(-1)[::7]
    difference = smooth.reshape(-1)[::7] - torch.from_numpy(measured("losses")["smooth_weighted_ab"])
    assert float(difference[where].abs().max()) <= 1e-4


def test_warp_where_it_stays_inside(lab: Lab, measured: Measured) -> None:
    """Beyond the border the release reads zeros, we the border."""
    predicted = lab("de.loss.pr", 2, 48, 80)
    flow = torch.from_numpy(input_array("de.loss.flow", (2, 2, 48, 80), 1, scale=3))
    centered = predicted - torch.tensor([50.0, 0, 0]).view(3, 1, 1)
    warped = torch.stack([warp(each, field) for each, field in zip(centered, flow)])
    x, y = flow[:, 0] + torch.arange(80), flow[:, 1] + torch.arange(48)[:, None]
    inside = ((x >= 0) & (x <= 79) & (y >= 0) & (y <= 47))[:, None].expand_as(warped).reshape(-1)[::7]
    difference = warped.reshape(-1)[::7] - torch.from_numpy(measured("losses")["warped_lab"])
    assert inside.float().mean() > 0.8
    assert float(difference[inside].abs().max()) <= 1e-3


def test_l1_is_divided_once(lab: Lab, measured: Measured) -> None:
    """The release divides by the number of related samples and by the batch, here 2."""
    truth, predicted = lab("de.loss.gt", 2, 48, 80)[:, 1:], lab("de.loss.pr", 2, 48, 80)[:, 1:]
    ours = l1_loss(predicted, truth, torch.tensor([False, True]))
    assert float(ours) == pytest.approx(2 * float(measured("losses")["l1_selfref"][0]), rel=1e-4)


def test_perceptual_loss(network: DeepExemplar, lab: Lab, measured: Measured) -> None:
    truth, predicted = lab("de.loss.gt", 2, 48, 80), lab("de.loss.pr", 2, 48, 80)
    ours = perceptual_loss(predicted, truth, lambda picture: network.seen_color(picture).relu5_2)
    assert float(ours) == pytest.approx(float(measured("losses")["perceptual_relu5_2"][0]), abs=1e-6)
