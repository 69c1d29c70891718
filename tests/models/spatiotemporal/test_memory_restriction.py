"""Tracks over another model's keys."""

import torch
from torch import Tensor

from kinemacolor.models.colormnet.restriction import Restriction
from kinemacolor.models.spatiotemporal.dense_tracking import TrackingPolicy
from kinemacolor.models.spatiotemporal.memory_restriction import DenseRestriction

EXACT = TrackingPolicy(radius_cells=3, margin_cells=0)


def keys(count: int, shift: int) -> list[Tensor]:
    """Keys ``1 16 8 12`` of a texture that moves by cells to the left."""
    canvas = torch.randn(1, 16, 8, 12 + shift * count, generator=torch.Generator().manual_seed(0))
    return [canvas[..., shift * n : shift * n + 12] for n in range(count)]


def test_it_is_what_memory_asks_for() -> None:
    assert isinstance(DenseRestriction(), Restriction)


def test_tracks_lead_to_where_a_position_was() -> None:
    restriction = DenseRestriction(EXACT)
    found = {}
    for number, key in enumerate(keys(4, 1)):
        found = dict(restriction.follow(key, {0, 2} & set(range(number))))
    assert found.keys() == {0, 2}
    position = 3 * 12 + 5  # row 3, column 5
    for frame, steps in ((0, 3), (2, 1)):
        rows, columns = found[frame].indices()
        assert columns[rows == position].tolist() == [position + steps]


def test_what_tracks_lead_to_is_widened() -> None:
    restriction = DenseRestriction(TrackingPolicy(radius_cells=3, margin_cells=1))
    first, second = keys(2, 1)
    restriction.follow(first, [])
    rows, columns = restriction.follow(second, [0])[0].indices()
    assert len(columns[rows == 3 * 12 + 5]) == 9


def test_only_keys_that_memory_holds_are_kept() -> None:
    restriction = DenseRestriction(EXACT)
    for number, key in enumerate(keys(30, 0)):
        restriction.follow(key, [0, number - 1] if number else [])
    assert len(restriction._known) == 3


def test_tracks_go_on_past_the_reach() -> None:
    restriction = DenseRestriction(TrackingPolicy(radius_cells=3, reach_frames=6))
    for number, key in enumerate(keys(20, 0)):
        found = restriction.follow(key, [0] if number else [])
    rows, columns = found[0].indices()
    assert set(columns[rows == 40].tolist()) >= {40}
