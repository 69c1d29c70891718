"""The sample that the README colors is small, gray, has sound, and its still is its first frame."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from kinemacolor import color
from kinemacolor.io.exemplars import load

SAMPLE = Path(__file__).parents[1] / "examples" / "sample"


@pytest.fixture
def film() -> Iterator[av.container.InputContainer]:
    with av.open(str(SAMPLE / "bw.mp4")) as opened:
        yield opened


def test_the_sample_is_smaller_than_a_megabyte() -> None:
    files = [path for path in SAMPLE.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"bw.mp4", "ref_000000.png", "CREDITS.md"}
    assert sum(path.stat().st_size for path in files) < 1_000_000


def test_the_film_is_gray_moves_and_has_the_frames_it_says(film: av.container.InputContainer) -> None:
    pictures = [frame.to_ndarray() for frame in film.decode(video=0)]
    height = film.streams.video[0].height
    assert len(pictures) == film.streams.video[0].frames == 120
    assert all((picture[height:] == 128).all() for picture in pictures)
    steps = [np.abs(a[:height].astype(int) - b[:height]).mean() for a, b in pairwise(pictures)]
    assert min(steps) > 0.5


def test_the_film_has_sound_as_long_as_itself(film: av.container.InputContainer) -> None:
    sound = np.concatenate([frame.to_ndarray()[0] for frame in film.decode(audio=0)])
    assert len(sound) / film.streams.audio[0].rate == pytest.approx(5, abs=0.05)
    assert np.abs(sound).max() > 0.1


def test_the_still_is_the_first_frame_in_color(film: av.container.InputContainer) -> None:
    (still,) = load([SAMPLE], frames=120)
    assert still.index == 0
    first = next(film.decode(video=0)).to_ndarray(format="rgb24")
    luma = color.lab_of(torch.from_numpy(first).permute(2, 0, 1))[0]
    lab = color.lab_of(still.rgb)
    assert float(color.chroma_magnitude(lab[1:]).mean()) > 15
    # Y' and L* weigh the colors differently, most so in saturated blue and orange
    assert float(torch.corrcoef(torch.stack((luma.flatten(), lab[0].flatten())))[0, 1]) > 0.97
