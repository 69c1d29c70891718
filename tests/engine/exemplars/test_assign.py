import torch

from kinemacolor.engine.exemplars.assign import active_exemplars
from kinemacolor.frames import Exemplar, Shot


def stills(*indices: int | None) -> list[Exemplar]:
    rgb = torch.zeros(3, 4, 4, dtype=torch.uint8)
    return [Exemplar(rgb, index, name=f"dir/{number}.png") for number, index in enumerate(indices)]


def chosen(shot: Shot, exemplars: list[Exemplar], **settings: object) -> list[int]:
    return [int(each.name[4:-4]) for each in active_exemplars(shot, exemplars, **settings)]


def test_all_inside_and_the_nearest_on_both_sides() -> None:
    film = stills(0, 90, 100, 119, 120, 300, 400, 500)
    likeness = [0.1, 0.0, 0.0, 0.0, 0.0, 0.2, 0.1, 0.0]
    assert chosen(Shot(100, 120), film, likeness=likeness) == [0, 1, 2, 3, 4, 5]


def test_a_set_that_returns_brings_its_exemplar() -> None:
    film = stills(0, 200, 300, 400, 500, 600, None)
    assert chosen(Shot(550, 560), film, likeness=[0.9, 0.1, 0.2, 0.3, 0.1, 0.1, 0.8]) == [0, 4, 5, 6]


def test_a_pinned_still_serves_whatever_it_shows() -> None:
    film = stills(0, 200, 300, 400, 500, 600, 700)
    assert 1 in chosen(Shot(650, 660), film, likeness=[0.0] * 7, pinned=["1.png"])


def test_two_stills_of_the_nearest_frame_both_serve() -> None:
    assert chosen(Shot(50, 60), stills(10, 40, 40, None, None, None), likeness=[0.0, 0.0, 0.0, 1.0, 1.0, 1.0])[
        :3
    ] == [1, 2, 3]


def test_the_order_given_does_not_decide() -> None:
    film = stills(0, 90, 100, 119, 120, 300, 400, 500)
    likeness = [0.0, 0.5, 0.0, 0.0, 0.0, 0.1, 0.3, 0.2]
    backwards = chosen(Shot(100, 120), film[::-1], likeness=likeness[::-1])
    assert backwards[::-1] == chosen(Shot(100, 120), film, likeness=likeness) == [1, 2, 3, 4, 6, 7]
