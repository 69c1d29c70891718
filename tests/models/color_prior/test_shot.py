"""The color prior for the frames of a shot: any size, several exemplars, parts of them."""

import pytest
import torch
from torch import Tensor

from kinemacolor.models.base import Reference
from kinemacolor.models.color_prior import ColorPrior, ColorPriorConfig, ShotPrior


@pytest.fixture(scope="module")
def prior() -> ShotPrior:
    torch.manual_seed(0)
    network = ColorPrior(ColorPriorConfig.tiny()).eval().requires_grad_(False)
    for parameter in network.own_parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return ShotPrior(network, torch.float32)


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    made = torch.Generator().manual_seed(seed)
    return torch.nn.functional.interpolate(torch.rand(1, 3, 6, 8, generator=made), (height, width))[0]


def reference(height: int, width: int, seed: int = 0, alpha: Tensor | None = None) -> Reference:
    planes = picture(height, width, seed)
    return Reference(100 * planes[:1], 60 * planes[1:] - 30, alpha=alpha)


@pytest.mark.parametrize(
    ("size", "answered"), [((480, 854), (32, 56)), ((256, 256), (32, 32)), ((100, 130), (12, 16)), ((9, 40), (2, 4))]
)
def test_frames_are_looked_at_with_a_short_side_of_256_or_less(
    prior: ShotPrior, size: tuple[int, int], answered: tuple[int, int]
) -> None:
    mixture = prior.mixture(100 * picture(*size)[:1], [prior.remember(reference(*size))])
    assert tuple(mixture.mean.shape) == (1, 2, *answered)


def test_each_exemplar_has_a_say_and_so_has_none(prior: ShotPrior) -> None:
    luma = 100 * picture(64, 96)[:1]
    red, blue = (prior.remember(reference(64, 96, seed)) for seed in (1, 2))
    answers = [prior.mixture(luma, seen).mean for seen in ([], [red], [blue], [red, blue])]
    for number, one in enumerate(answers):
        assert all((one - other).abs().max() > 0.1 for other in answers[:number])


def test_what_alpha_hides_is_not_seen(prior: ShotPrior) -> None:
    luma = 100 * picture(64, 96)[:1]
    alpha = torch.zeros(1, 64, 96)
    alpha[..., :48] = 1
    half = reference(64, 96, 1, alpha)
    chroma = half.chroma.clone()
    chroma[..., 48:] += 40
    other = Reference(half.luma, chroma, alpha=alpha)
    one, two = (prior.mixture(luma, [prior.remember(each)]).mean for each in (half, other))
    assert torch.equal(one, two)


def test_exemplars_of_the_shot_before_are_not_computed_again(prior: ShotPrior) -> None:
    one, two = reference(64, 96, 1), reference(64, 96, 2)
    hidden = reference(64, 96, 1, alpha=torch.zeros(1, 64, 96))
    first = prior.remember_all([one, two])
    second = prior.remember_all([reference(64, 96, 2), hidden])
    assert second[0] is first[1]
    assert second[1] is not first[0]
    third = prior.remember_all([one])
    assert third[0] is not first[0], "those of the shot before alone are kept"
    assert torch.equal(third[0].fine.key, first[0].fine.key)
