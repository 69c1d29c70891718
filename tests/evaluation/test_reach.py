"""Tests of how far an exemplar reaches, on pictures made here."""

import torch
from torch import Tensor

from kinemacolor.evaluation.reach import (
    Reach,
    Track,
    answered_by_look,
    is_colorful,
    left_gray,
    reach_of,
    same_color,
    squared_error,
)


def flow(x: float, y: float, height: int = 24, width: int = 32) -> Tensor:
    return torch.tensor([float(x), float(y)])[:, None, None].expand(2, height, width).contiguous()


def test_tracks_add_up_and_end_where_the_picture_does() -> None:
    track = Track.start((24, 32))
    for _ in range(3):  # everything moves right by 2: it lies 2 to the left in the frame before
        track = track.stepped(flow(-2, 0), flow(2, 0))
    assert torch.allclose(track.flow[:, :, 8:], flow(-6, 0)[:, :, 8:])
    assert track.kept[0, :, 6:].all()
    assert not track.kept[0, :, :5].any()  # came in at the left


def test_a_step_that_does_not_come_back_is_not_kept_and_never_again() -> None:
    forth = flow(2, 0).clone()
    forth[:, 10:14] = flow(-9, 0)[:, 10:14]
    track = Track.start((24, 32)).stepped(flow(-2, 0), forth).stepped(flow(0, 0), flow(0, 0))
    assert not track.kept[0, 10:14].any()
    assert track.kept[0, :9, 4:].all()


def test_a_track_leads_home_only_to_the_true_color() -> None:
    exemplar = torch.zeros(3, 24, 32)
    exemplar[1, :, 16:] = 40
    track = Track.start((24, 32)).stepped(flow(-4, 0), flow(4, 0))
    truth = torch.zeros(3, 24, 32)
    truth[1, :, 20:] = 40
    truth[2, :5] = 30  # a color that came later
    home = track.leads_home(truth, exemplar)
    assert not home[:5].any()
    assert home[5:, 5:].all()


def test_colors_are_the_same_within_8_of_ab_and_15_of_lightness() -> None:
    one = torch.tensor([[50.0] * 4, [0.0] * 4, [0.0] * 4])
    other = torch.tensor([[64.0, 66.0, 50.0, 50.0], [0.0, 0.0, 5.0, 6.0], [0.0, 0.0, 6.0, 6.0]])
    assert same_color(one, other).tolist() == [True, False, True, False]


def test_a_place_is_answered_where_something_looks_like_it_and_has_its_color() -> None:
    keys = torch.eye(4)[[0, 1, 2, 3, 0, 1]]  # 2 x 3 cells
    exemplar_keys = torch.eye(4)[[0, 1]]
    exemplar = torch.tensor([[50.0, 50.0], [30.0, 0.0], [0.0, 30.0]])  # the first is red, the second yellow
    lab = torch.zeros(3, 4, 6)
    lab[0] = 50
    lab[1, :2, :2] = 30  # cell 0: red, as its like
    lab[2, :2, 2:3] = 30  # cell 1: half of it yellow, as its like
    lab[1, :2, 4:] = 30  # cell 2: red, but like nothing
    lab[2, 2:, 2:4] = 30  # cell 4: yellow, but like the red one
    found = answered_by_look(lab, keys, exemplar, exemplar_keys, (2, 3))
    expected = torch.zeros(4, 6, dtype=torch.bool)
    expected[:2, :3] = True
    assert torch.equal(found, expected)


def test_what_is_tracked_is_not_asked_whether_it_is_alike() -> None:
    yes, no = torch.tensor([[True, True, False, False]]), torch.tensor([[True, False, True, False]])
    assert reach_of(yes, no).tolist() == [[Reach.TRACKED, Reach.TRACKED, Reach.ALIKE, Reach.OUT_OF_REACH]]


def test_a_colorful_place_with_less_than_a_third_of_its_chroma_is_left_gray() -> None:
    truth = torch.tensor([[30.0, 30.0, 10.0, 0.0], [0.0, 0.0, 0.0, -30.0]])[:, None]
    chroma = torch.tensor([[9.0, 11.0, 0.0, 0.0], [0.0, 0.0, 0.0, 2.0]])[:, None]
    assert is_colorful(truth).tolist() == [[True, True, False, True]]
    assert left_gray(chroma, truth).tolist() == [[True, False, False, True]]
    assert squared_error(chroma, truth)[0].tolist() == [21**2, 19**2, 10**2, 32**2]
