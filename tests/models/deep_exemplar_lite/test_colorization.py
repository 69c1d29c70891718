"""The light colorization subnet: it chooses among colors that are there."""

import math

import pytest
import torch
from torch import Tensor

from kinemacolor.models.deep_exemplar.colorization import planes_of
from kinemacolor.models.deep_exemplar_lite import LightColorizationConfig, LightColorizationSubnet


def planes(*, before: bool = True, seed: int = 0) -> Tensor:
    """Those of one frame of 32 x 48: colors warped at stride 4, and the frame before."""
    generator = torch.Generator().manual_seed(seed)

    def drawn(channels: int, scale: float, stride: int = 1) -> Tensor:
        grid = scale * torch.rand(1, channels, 32 // stride, 48 // stride, generator=generator)
        return torch.nn.functional.interpolate(grid, (32, 48), mode="nearest")

    last = torch.cat((drawn(1, 100.0), drawn(2, 60.0)), 1)
    return planes_of(drawn(1, 100.0), drawn(2, 60.0, 4), drawn(1, 1.0, 4), last if before else None)


def smooth(given: Tensor) -> Tensor:
    grid = torch.nn.functional.avg_pool2d(given[:, 1:3], 4)
    return torch.nn.functional.interpolate(grid, scale_factor=4, mode="bilinear", align_corners=False)


def test_untrained_it_answers_with_the_warped_colors_nearly(subnet: LightColorizationSubnet) -> None:
    given = planes(before=False)
    found = subnet(given)
    share = math.exp(5) / (math.exp(5) + 9)  # of the warped color itself, beside none and its eight neighbors
    assert share > 0.9
    assert float((found - smooth(given)).abs().max()) < 60 * (1 - share) + 1e-3


def test_it_invents_no_color(trained: LightColorizationSubnet) -> None:
    given = planes()
    found = trained(given)
    assert float(found.min()) >= 0  # all that goes in is 0 to 60, and none is 0
    assert float(found.max()) <= 60 + 1e-3
    gray = given.clone()
    gray[:, 1:3], gray[:, 5:] = 0, 0
    assert torch.equal(trained(gray), torch.zeros(1, 2, 32, 48))


def test_a_frame_before_that_is_not_there_gives_nothing(trained: LightColorizationSubnet) -> None:
    """Without one the answer is a mean of warped colors and none; a gray one before may take part."""
    alone = planes(before=False)
    bright = alone.clone()
    bright[:, 1:3] = 50.0
    weights = trained._weights(bright)
    assert float(weights[:, 10:].abs().max()) == 0
    there = planes(before=True)
    assert float(trained._weights(there)[:, 10:].max()) > 0.01


def test_weights_add_up_to_one(trained: LightColorizationSubnet) -> None:
    torch.testing.assert_close(trained._weights(planes()).sum(1), torch.ones(1, 32, 48))


def test_pictures_of_a_batch_do_not_mix(trained: LightColorizationSubnet) -> None:
    one, other = planes(), planes(before=False, seed=1)
    both = trained(torch.cat((one, other)))
    torch.testing.assert_close(both, torch.cat((trained(one), trained(other))), atol=1e-2, rtol=0)


@pytest.mark.parametrize(("channel", "name"), [(0, "luma"), (3, "similarity"), (4, "luma before")])
def test_every_plane_is_seen(trained: LightColorizationSubnet, channel: int, name: str) -> None:
    given = planes()
    other = given.clone()
    other[:, channel] += 0.5 if name == "similarity" else 20.0
    assert not torch.allclose(trained(given), trained(other), atol=1e-3)


def test_it_has_a_million_parameters() -> None:
    with torch.device("meta"):
        subnet = LightColorizationSubnet(LightColorizationConfig())
    assert sum(parameter.numel() for parameter in subnet.parameters()) == 1_188_043
