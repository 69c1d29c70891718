from fractions import Fraction

import pytest
import torch

from kinemacolor.errors import ExemplarError
from kinemacolor.io.points import Point, exemplars_of, parse_point


def test_a_point_is_a_place_a_frame_and_a_color() -> None:
    assert parse_point("320,180@48=#8a3b2c") == Point(320, 180, 48, (0x8A, 0x3B, 0x2C))
    assert parse_point(" 3 , 4@00:00:02.5=#FFFFFF") == Point(3, 4, Fraction(5, 2), (255, 255, 255))


def test_several_places_are_a_stroke() -> None:
    text = "50,20 70,20  70,40@3=#ff0000"
    assert parse_point(text) == Point(50, 20, 3, (255, 0, 0), ((70, 20), (70, 40)))
    (found,) = exemplars_of([text], (100, 120))
    assert found.alpha is not None
    rows, columns = torch.nonzero(found.alpha[0], as_tuple=True)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (18, 42, 48, 72)
    assert found.alpha[0, 20, 50:71].all()
    assert found.alpha[0, 20:41, 70].all()
    assert found.alpha[0, 30, 60] == 0
    assert found.rgb[:, 40, 70].tolist() == [255, 0, 0]
    assert found.name == "point 50,20 to 70,40@3"
    with pytest.raises(ExemplarError, match="lies outside"):
        exemplars_of(["50,20 120,20@3=#ff0000"], (100, 120))


@pytest.mark.parametrize(
    "text",
    ["", "3,4@5", "3,4=#112233", "3,4@x=#112233", "3,4@5=#11223", "3,4@5=red", "-1,4@5=#112233", "3,4 5@5=#112233"],
)
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(ExemplarError, match=r"x,y@frame=#rrggbb"):
        parse_point(text)


def test_points_of_a_frame_become_one_partial_exemplar() -> None:
    texts = ["50,20@3=#ff0000", "10,60@3=#0000ff", "5,5@1s=#00ff00"]
    found = exemplars_of(
        texts, (100, 120), frames=25, frame_at=lambda at: at if isinstance(at, int) else round(at * 24)
    )
    assert [each.index for each in found] == [3, 24]
    both = found[0]
    assert both.rgb[:, 20, 50].tolist() == [255, 0, 0]
    assert both.rgb[:, 60, 10].tolist() == [0, 0, 255]
    assert both.alpha is not None
    assert both.alpha.sum() == 2 * 13  # two discs of radius 2
    assert both.alpha[0, 40, 30] == 0


def test_case_30_the_order_of_points_does_not_matter() -> None:
    texts = ["50,20@3=#ff0000", "51,20@3=#0000ff", "50,20@3=#00ff00"]
    one, other = (exemplars_of(each, (100, 120))[0] for each in (texts, texts[::-1]))
    assert torch.equal(one.rgb, other.rgb)
    assert one.name == other.name


def test_a_point_beyond_the_picture_or_the_film_is_refused() -> None:
    with pytest.raises(ExemplarError, match="120x100"):
        exemplars_of(["120,20@3=#ff0000"], (100, 120))
    with pytest.raises(ExemplarError, match="last frame is 24"):
        exemplars_of(["50,20@25=#ff0000"], (100, 120), frames=25)
