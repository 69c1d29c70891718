"""Tests of the color prior on a tiny network of random weights."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from kinemacolor.errors import WeightsError
from kinemacolor.models import checkpoint, color_prior
from kinemacolor.models.base import Reference
from kinemacolor.models.color_prior import ColorPrior, ColorPriorConfig


@pytest.fixture(scope="module")
def network() -> ColorPrior:
    """As after some training: no layer answers zero any more."""
    torch.manual_seed(0)
    network = ColorPrior(ColorPriorConfig.tiny()).eval()
    for parameter in network.own_parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return network


def reference(seed: int, height: int = 64, width: int = 96) -> Reference:
    torch.manual_seed(seed)
    return Reference(torch.rand(1, height, width) * 100, torch.randn(2, height, width) * 20)


@torch.no_grad()
def mean_of(network: ColorPrior, luma: Tensor, references: list[Reference]) -> Tensor:
    return network(network.encode(luma[None]), network.exemplars_of(references)).mean[0]


def test_the_answer_lies_at_stride_8_and_its_weights_sum_to_one(network: ColorPrior) -> None:
    with torch.no_grad():
        mixture = network(network.encode(reference(0).luma[None]), network.exemplars_of([reference(1)]))
    assert mixture.means.shape == (1, 4, 2, 8, 12)
    assert mixture.mean.shape == (1, 2, 8, 12)
    assert mixture.variance.shape == (1, 1, 8, 12)
    assert torch.allclose(mixture.log_weights.exp().sum(1), torch.ones(()))


def test_none_to_four_exemplars_of_any_size_are_taken(network: ColorPrior) -> None:
    luma = reference(0).luma
    several = [reference(1), reference(2, 128, 80), reference(3), reference(4, 48, 48)]
    answers = [mean_of(network, luma, several[:count]) for count in range(5)]
    assert all(answer.shape == (2, 8, 12) for answer in answers)
    assert all(not torch.equal(answers[i], answers[i + 1]) for i in range(4))


def test_the_order_of_exemplars_makes_no_difference(network: ColorPrior) -> None:
    luma, several = reference(0).luma, [reference(1), reference(2)]
    torch.testing.assert_close(
        mean_of(network, luma, several), mean_of(network, luma, several[::-1]), rtol=1e-3, atol=1e-3
    )


def test_an_exemplar_that_is_hidden_is_as_none(network: ColorPrior) -> None:
    shown = reference(1)
    hidden = Reference(shown.luma, shown.chroma, alpha=torch.zeros_like(shown.luma))
    luma = reference(0).luma
    torch.testing.assert_close(mean_of(network, luma, [hidden]), mean_of(network, luma, []))


def test_hidden_places_have_no_say(network: ColorPrior) -> None:
    shown = reference(1)
    alpha = torch.ones_like(shown.luma)
    alpha[:, :, :48] = 0
    painted = shown.chroma.clone()
    painted[:, :, :48] = 90.0
    answers = [
        mean_of(network, reference(0).luma, [Reference(shown.luma, chroma, alpha=alpha)])
        for chroma in (shown.chroma, painted)
    ]
    torch.testing.assert_close(*answers)


def test_rows_of_a_batch_see_their_own_exemplar_or_none(network: ColorPrior) -> None:
    two, luma = [reference(1), reference(2)], reference(0).luma
    with torch.no_grad():
        encoded = network.encode(torch.stack([each.luma for each in two]))
        memory = network.remember(encoded, torch.stack([each.chroma for each in two]))
        swapped = memory.taken([1, 0], seen=torch.tensor([True, False]))
        means = network(network.encode(luma.expand(2, -1, -1, -1)), swapped).mean
    torch.testing.assert_close(means[0], mean_of(network, luma, [two[1]]), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(means[1], mean_of(network, luma, []), rtol=1e-3, atol=1e-3)


def test_before_any_training_it_copies_the_exemplar_s_colors() -> None:
    torch.manual_seed(0)
    network = ColorPrior(ColorPriorConfig.tiny()).eval()
    shown = Reference(reference(1).luma, torch.full((2, 64, 96), 30.0))
    with torch.no_grad():
        mixture = network(network.encode(shown.luma[None]), network.exemplars_of([shown]))
    # but for the null token's share, which is gray
    assert (mixture.means[0, 0] > 20).all()


def test_a_saved_network_answers_as_before(network: ColorPrior, tmp_path: Path) -> None:
    color_prior.save(network, tmp_path / "prior.safetensors")
    again = color_prior.load_network(tmp_path / "prior.safetensors")
    assert again.config == network.config
    luma, shown = reference(0).luma, [reference(1)]
    torch.testing.assert_close(mean_of(again, luma, shown), mean_of(network, luma, shown), rtol=1e-4, atol=1e-4)


def test_another_network_s_file_is_refused(network: ColorPrior, tmp_path: Path) -> None:
    checkpoint.save(network, network.config, "something-else", tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match="not color-prior"):
        color_prior.load_network(tmp_path / "other.safetensors")


def test_half_precision_weights_take_at_most_8_megabytes() -> None:
    with torch.device("meta"):
        network = ColorPrior(ColorPriorConfig())
    assert 2 * sum(value.numel() for value in network.state_dict().values()) <= 8e6


def test_training_begins_with_imagenet_s_trunk() -> None:
    from kinemacolor.layers.efficientnet_lite import load_trunk

    luma = torch.rand(1, 1, 64, 64) * 100
    with torch.no_grad():
        ours, theirs = ColorPrior.with_imagenet_trunk().eval().trunk(luma), load_trunk("lite0")(luma)
    torch.testing.assert_close(ours[32], theirs[32], rtol=1e-3, atol=1e-3)
