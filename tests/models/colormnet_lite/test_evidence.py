"""What speaks for a colour."""

import pytest

from kinemacolor.models.colormnet_lite.evidence import ages_there


@pytest.mark.parametrize(
    ("frames", "ages"),
    [(0, [None, None, None]), (1, [1, None, None]), (3, [1, 3, None]), (9, [1, 4, 9]), (40, [1, 4, 16])],
)
def test_colours_are_carried_from_each_earlier_frame_once(frames: int, ages: list[int | None]) -> None:
    assert ages_there((1, 4, 16), frames) == ages
