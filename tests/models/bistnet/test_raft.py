"""RAFT's window and its upsampling, on small volumes (the network itself is compared in tests/parity)."""

import torch

from kinemacolor.models.bistnet.raft import RAFT, _correlations, _read
from kinemacolor.models.bistnet.sampling import moved, pixel_grid, read_at


def test_a_correlation_is_a_product_of_features_by_the_root_of_their_channels() -> None:
    source, target = torch.randn(1, 4, 16, 16), torch.randn(1, 4, 16, 16)
    pyramid = _correlations(source, target)
    assert [level.shape[-1] for level in pyramid] == [16, 8, 4, 2]
    assert torch.allclose(pyramid[0][16 * 2 + 5, 0, 7, 3], source[0, :, 2, 5] @ target[0, :, 7, 3] / 2, atol=1e-5)


def test_a_window_is_read_around_each_point() -> None:
    target = torch.zeros(1, 1, 16, 16)
    target[0, 0, 9, 6] = 1  # seen from a point at x = 8, y = 8: one row below, two columns to the left
    pyramid = _correlations(torch.ones(1, 1, 16, 16), target)
    points = torch.full((1, 16, 16, 2), 8.0)
    window = _read(pyramid, points)[0, :81, 0, 0].view(9, 9)
    # columns run first, as the release's weights are used to
    assert window.nonzero().tolist() == [[4 - 2, 4 + 1]]


def test_a_point_may_leave_the_picture() -> None:
    pyramid = _correlations(torch.ones(1, 1, 16, 16), torch.ones(1, 1, 16, 16))
    assert _read(pyramid, torch.full((1, 16, 16, 2), 1e4)).abs().max() == 0


def test_a_flow_that_does_not_change_within_reach_is_upsampled_as_it_is() -> None:
    torch.manual_seed(0)
    network = RAFT()
    flow = torch.tensor([1.0, -2.0]).view(1, 2, 1, 1).expand(1, 2, 6, 7)
    with torch.no_grad():
        fine = network._upsampled(flow, torch.randn(1, 128, 6, 7))
    assert fine.shape == (1, 2, 48, 56)
    inner = fine[0, :, 8:-8, 8:-8]
    assert torch.allclose(inner, torch.tensor([8.0, -16.0]).view(2, 1, 1).expand_as(inner), atol=1e-4)


def test_planes_are_read_between_pixels_and_beyond_the_border() -> None:
    planes = torch.arange(12.0).view(1, 1, 3, 4)
    points = torch.tensor([[[[1.5, 0.5], [-3.0, 1.0], [9.0, 9.0]]]])
    assert torch.allclose(read_at(planes, points, outside="border").flatten(), torch.tensor([3.5, 4.0, 11.0]))
    assert torch.allclose(read_at(planes, points, outside="zeros").flatten(), torch.tensor([3.5, 0.0, 0.0]))


def test_planes_move_against_the_flow() -> None:
    planes = torch.randn(2, 5, 6)
    flow = torch.zeros(2, 5, 6)
    flow[0] = 1
    assert torch.allclose(moved(planes, flow)[..., :-1], planes[..., 1:], atol=1e-5)
    assert torch.allclose(moved(planes, flow)[..., -1], planes[..., -1], atol=1e-5)
    assert pixel_grid(2, 3, planes)[1, 2].tolist() == [2, 1]
