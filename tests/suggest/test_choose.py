from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from kinemacolor.errors import SettingError
from kinemacolor.frames import Exemplar
from kinemacolor.layers.place_features import PlaceEncoder
from kinemacolor.suggest import suggest_frames

MakeFilm = Callable[[list[tuple[int, int]]], Path]


def test_every_scene_gets_a_frame_and_the_longest_is_first(make_film: MakeFilm, encoder: PlaceEncoder) -> None:
    film = make_film([(1, 12), (2, 40), (3, 20)])
    found = suggest_frames(film, 3, encoder=encoder)
    assert [each.shot.start for each in found] == [12, 52, 0]
    assert all(each.shot.start <= each.frame < each.shot.stop for each in found)
    assert found[-1].covered == pytest.approx(sum(each.gain for each in found))


def test_a_scene_that_returns_needs_no_second_still(make_film: MakeFilm, encoder: PlaceEncoder) -> None:
    found = suggest_frames(make_film([(1, 16), (2, 16), (1, 16)]), 3, encoder=encoder)
    assert [each.shot.start == 16 for each in found] == [False, True]


def test_what_an_exemplar_covers_is_not_asked_for(
    make_film: MakeFilm, encoder: PlaceEncoder, scene: Callable[..., np.ndarray]
) -> None:
    film = make_film([(1, 12), (2, 40), (3, 20)])
    known = Exemplar(torch.from_numpy(scene(2)).permute(2, 0, 1), 30)
    found = suggest_frames(film, 1, exemplars=[known], encoder=encoder)
    assert found[0].shot.start == 52
    assert found[0].gain < found[0].covered


def test_after_coloring_the_unsure_shot_comes_first(make_film: MakeFilm, encoder: PlaceEncoder) -> None:
    film = make_film([(1, 12), (2, 40), (3, 20)])
    sure = {frame: 0.2 if frame < 12 else 0.95 for frame in range(72)}
    assert suggest_frames(film, 1, confidence=sure, encoder=encoder)[0].shot.start == 0


def test_no_frames_cannot_be_asked_for(make_film: MakeFilm, encoder: PlaceEncoder) -> None:
    with pytest.raises(SettingError, match="0 frames"):
        suggest_frames(make_film([(1, 4)]), 0, encoder=encoder)
