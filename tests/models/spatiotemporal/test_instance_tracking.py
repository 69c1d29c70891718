"""Tests of instance tracking: numbers through frames, and masks on the grid."""

import pytest
import torch

from kinemacolor.frames import Instance
from kinemacolor.models.spatiotemporal.instance_tracking import GridObjects, InstanceTracker, overlap


def box(left: int, *, width: int = 6, top: int = 2, category: int = 0, score: float = 1.0) -> Instance:
    mask = torch.zeros(12, 24, dtype=torch.bool)
    mask[top : top + 6, left : left + width] = True
    return Instance(mask, category=category, score=score)


def numbers(tracker: InstanceTracker, *instances: Instance) -> list[int]:
    return list(tracker.follow(instances))


def test_overlap_is_intersection_over_union() -> None:
    assert overlap(box(0).mask, box(0).mask) == 1.0
    assert overlap(box(0).mask, box(3).mask) == pytest.approx(18 / 54)
    assert overlap(box(0).mask, box(12).mask) == 0.0
    assert overlap(torch.zeros(2, 2, dtype=torch.bool), torch.zeros(2, 2, dtype=torch.bool)) == 0.0


def test_a_moving_object_keeps_its_number() -> None:
    tracker = InstanceTracker()
    names = [numbers(tracker, box(left)) for left in (0, 1, 2, 4)]
    assert names == [names[0]] * 4


def test_two_objects_keep_theirs_whatever_the_order() -> None:
    tracker = InstanceTracker()
    one, two = numbers(tracker, box(0), box(12))
    assert one != two
    assert numbers(tracker, box(13), box(1)) == [two, one]


def test_the_best_pair_is_matched_first() -> None:
    tracker = InstanceTracker()
    (name,) = numbers(tracker, box(4))
    # both overlap enough; the nearer one is it, the other is new
    found = numbers(tracker, box(6), box(5))
    assert found[1] == name
    assert found[0] != name


def test_a_jump_or_another_category_makes_a_new_object() -> None:
    tracker = InstanceTracker()
    (name,) = numbers(tracker, box(0))
    assert numbers(tracker, box(4)) != [name]  # overlap 0.2
    (name,) = numbers(tracker, box(4))
    assert numbers(tracker, box(4, category=7)) != [name]


def test_an_object_that_was_away_is_new() -> None:
    tracker = InstanceTracker()
    (name,) = numbers(tracker, box(0))
    assert numbers(tracker) == []
    assert numbers(tracker, box(0)) != [name]


def test_doubtful_detections_are_left_out() -> None:
    assert numbers(InstanceTracker(), box(0, score=0.49), box(12, score=0.5)) == [-1]


def test_brought_numbers_are_kept_and_never_met() -> None:
    tracker = InstanceTracker()
    given = Instance(box(0).mask, track=1)
    far = Instance(box(18).mask, track=1)
    assert numbers(tracker, given, box(12)) == [1, -1]
    assert numbers(tracker, far, box(12)) == [1, -1]


def test_an_object_in_two_pieces_is_one() -> None:
    pieces = [Instance(box(left).mask, track=3) for left in (0, 12)]
    (mask,) = InstanceTracker().follow(pieces).values()
    assert torch.equal(mask, box(0).mask | box(12).mask)


def test_the_grid_counts_what_is_covered_by_half() -> None:
    mask = torch.zeros(8, 8, dtype=torch.bool)
    mask[:4, :6] = True  # covers the first cell wholly, the second by half
    mask[4:, :1] = True  # the third by a quarter
    found = GridObjects.of({5: mask}, (2, 2))
    assert found.tracks == (5,)
    assert found.covered.tolist() == [[True, True, False, False]]
    assert found.label.tolist() == [0, 0, -1, -1]


def test_the_object_that_covers_most_has_the_position() -> None:
    left, right = torch.zeros(4, 8, dtype=torch.bool), torch.zeros(4, 8, dtype=torch.bool)
    left[:, :6] = True
    right[:, 3:] = True
    found = GridObjects.of({1: left, 2: right}, (1, 2))
    assert found.label.tolist() == [0, 1]
    assert found.covered.tolist() == [[True, True], [False, True]]
    assert GridObjects.of({}, (1, 2)).label.tolist() == [-1, -1]
