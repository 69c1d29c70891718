"""Corrections and both directions, from file to file."""

from pathlib import Path

import av
import numpy as np
import torch

from kinemacolor.engine.exemplars.assign import active_exemplars
from kinemacolor.engine.video import colorize_video
from kinemacolor.frames import Exemplar, Shot


def pictures(path: Path) -> np.ndarray:
    with av.open(str(path)) as film:
        return np.stack([frame.to_ndarray(format="rgb24").astype(int) for frame in film.decode(video=0)])


def test_a_point_changes_its_place_and_leaves_the_rest(make_film, one_color, red_still, tmp_path: Path) -> None:
    film = make_film(level=120)
    plain = colorize_video(film, tmp_path / "plain.mkv", [red_still], model=one_color, codec="ffv1")
    pointed = colorize_video(
        film, tmp_path / "points.mkv", [red_still], model=one_color, codec="ffv1", points=["10,24@3=#2040ff"]
    )
    before, after = pictures(Path(plain.output)), pictures(Path(pointed.output))
    # blue from its frame on; before it, less and less towards the frame of the whole still
    assert (after[3:, 24, 10, 2] - after[3:, 24, 10, 0]).min() > 45
    blues = [int(each) for each in after[:4, 24, 10, 2]]
    assert blues == sorted(blues)
    assert np.array_equal(after[0], before[0])
    assert (before[:, 24, 10, 0] - before[:, 24, 10, 2]).min() > 60
    assert abs(after[:, :, 50:] - before[:, :, 50:]).max() <= 2


def test_a_point_belongs_to_its_own_shot_only() -> None:
    rgb = torch.zeros(3, 40, 40, dtype=torch.uint8)
    alpha = torch.zeros(1, 40, 40)
    alpha[:, 3, 3] = 1
    whole, point = Exemplar(rgb, 2, name="whole"), Exemplar(rgb, 48, alpha, "point")
    assert active_exemplars(Shot(40, 60), [whole, point]) == [whole, point]
    assert active_exemplars(Shot(60, 80), [whole, point]) == [whole]


def test_a_still_inside_colors_towards_the_start(make_film, tmp_path: Path) -> None:
    film = make_film(frames=10)
    rgb = torch.zeros(3, 48, 64, dtype=torch.uint8)
    rgb[0] = 220
    stills = [Exemplar(rgb, 6, name="red")]
    found = {}
    for back in (True, False):
        output = tmp_path / f"{back}.mkv"
        colorize_video(film, output, stills, model="flow", codec="ffv1", both_ways=back, shots="none")
        found[back] = pictures(output)
    assert np.array_equal(found[True][6:], found[False][6:])
    assert (found[True][:6, ..., 0] - found[True][:6, ..., 2]).mean() > 40
