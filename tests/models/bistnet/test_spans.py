"""Any number of exemplars: each frame is colored from its neighbors in time."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kinemacolor.models.bistnet.spans import Span, needs_length, spans_of


def test_two_exemplars_at_both_ends_are_the_papers() -> None:
    assert spans_of([0, 89])[0] == Span(0, 89, 0, 1)


def test_one_exemplar_serves_both_sides_wherever_it_stands() -> None:
    assert spans_of([None]) == [Span(0, None, 0, 0)]
    assert spans_of([0]) == [Span(0, None, 0, 0)]
    assert spans_of([7]) == [Span(0, 7, 0, 0), Span(7, None, 0, 0)]


def test_between_exemplars_both_count_and_outside_the_nearest() -> None:
    assert spans_of([30, 5, 12]) == [Span(0, 5, 1, 1), Span(5, 12, 1, 2), Span(12, 30, 2, 0), Span(30, None, 0, 0)]


def test_exemplars_of_no_frame_stand_evenly_and_wait_for_the_length() -> None:
    assert needs_length([None, None])
    assert not needs_length([None])
    assert not needs_length([None, 3])
    assert spans_of([None, None], 90)[0] == Span(0, 89, 0, 1)
    assert spans_of([None, None, None], 9)[:2] == [Span(0, 4, 0, 1), Span(4, 8, 1, 2)]


def test_exemplars_of_no_frame_give_way_to_those_of_one() -> None:
    assert spans_of([4, None, None]) == spans_of([4])


def test_more_exemplars_than_frames() -> None:
    assert spans_of([None, None, None], 2) == [Span(0, 1, 0, 2), Span(1, None, 2, 2)]
    assert spans_of([None, None], 1) == [Span(0, None, 0, 0)]


@given(st.lists(st.none() | st.integers(0, 40), min_size=1, max_size=6), st.integers(1, 50))
def test_spans_follow_each_other_without_gap(indices: list[int | None], frames: int) -> None:
    spans = spans_of(indices, frames)
    assert spans[0].first == 0
    assert spans[-1].last is None
    assert all(a.last == b.first for a, b in pairwise(spans))
    bound = {number: index for number, index in enumerate(indices) if index is not None}
    for span in spans if bound else []:
        nearest = min(abs(index - span.first) for index in bound.values())
        assert min(abs(bound[span.forward] - span.first), abs(bound[span.backward] - span.first)) == nearest
