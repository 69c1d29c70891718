"""What a look at a frame finds, seen from the frame after it."""

import pytest
import torch
from torch import Tensor

from kinemacolor.layers.flow import optical_flow
from kinemacolor.models.colormnet_lite.look import Look, lost_share
from kinemacolor.models.colormnet_lite.prior import PriorColors
from kinemacolor.models.matching.bank import Match


def look_of(planes: Tensor, likely: Tensor) -> Look:
    return Look(Match(planes[:2], planes[2:3], planes[3:4], planes[4:]), PriorColors(likely[:, :2], likely[:, 2:]))


def test_it_moves_with_the_flow_at_each_of_its_sizes() -> None:
    generator = torch.Generator().manual_seed(0)
    planes, likely = torch.rand(5, 16, 24, generator=generator), torch.rand(1, 3, 8, 12, generator=generator)
    back = torch.zeros(2, 32, 48)
    back[0], back[1] = 8.0, 4.0  # 4 and 2 places of the match, 2 and 1 of the priors
    moved = look_of(planes, likely).along(back)
    torch.testing.assert_close(moved.match.chroma[:, :14, :20], planes[:2, 2:, 4:])
    torch.testing.assert_close(moved.match.similarity[:, :14, :20], planes[4:, 2:, 4:])
    torch.testing.assert_close(moved.prior_colors.chroma[..., :7, :10], likely[:, :2, 1:, 2:])
    torch.testing.assert_close(moved.prior_colors.log_variance[..., :7, :10], likely[:, 2:, 1:, 2:])


@pytest.mark.parametrize(("shift", "least", "most"), [(0, 0.0, 0.01), (8, 0.02, 0.2)])
def test_of_a_pan_what_came_into_the_picture_is_lost(shift: int, least: float, most: float) -> None:
    rough = torch.rand(1, 1, 20, 30, generator=torch.Generator().manual_seed(1)) * 100
    world = torch.nn.functional.interpolate(rough, (80, 160), mode="bicubic")[0].clamp(0, 100)
    one, other = world[..., :120], world[..., shift : shift + 120]
    way = optical_flow(other, one, preset="medium"), optical_flow(one, other, preset="medium")
    assert least <= lost_share(way) <= most
