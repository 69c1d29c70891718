"""Tests of pairs of pictures: where their parts lie, and that the same number always gives the same pair."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from kinemacolor.data.cache import FrameCache
from kinemacolor.data.clips import Clip, Library
from kinemacolor.data.dataset import Request
from kinemacolor.data.draw import generator_of
from kinemacolor.data.pairs import PairDataset, PairVariety, box_of, shared_part
from kinemacolor.data.sources import Source, find_sources

REQUESTS = [Request(i, frames=1, crop_px=32) for i in range(24)]
PLAIN = PairVariety(unrelated=0.0, flip=0.0, exposure=0.0, clean=1.0)


@pytest.fixture(scope="module")
def library(training_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    cache = FrameCache(tmp_path_factory.mktemp("cache"), short_side_px=48)
    return Library.open(find_sources([training_folder]), cache)


@pytest.fixture(scope="module")
def coordinates(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """One photograph whose red says the column and whose green says the row."""
    folder = tmp_path_factory.mktemp("coordinates")
    picture = np.zeros((96, 96, 3), np.uint8)
    picture[..., 0], picture[..., 1] = np.arange(96) * 2 + 30, np.arange(96)[:, None] * 2 + 30
    Image.fromarray(picture).save(folder / "photo.png")
    return Library.open(find_sources([folder]), FrameCache(folder / "cache", short_side_px=96))


def test_a_sample_has_one_frame_of_the_size_asked_for_and_lab_ranges(library: Library) -> None:
    dataset = PairDataset(library, PairVariety(), seed=7)
    for request in REQUESTS:
        sample = dataset[request]
        assert sample.lumas.shape == (1, 1, 32, 32)
        assert sample.chromas.shape == (1, 2, 32, 32)
        assert sample.exemplar_luma.shape == (1, 32, 32)
        assert sample.exemplar_chroma.shape == (2, 32, 32)
        assert sample.lumas.min() >= 0
        assert sample.lumas.max() <= 100.1


def test_the_same_number_gives_the_same_pair_and_others_give_others(library: Library) -> None:
    dataset, again = (PairVariety().dataset(library, seed=seed) for seed in (7, 7))
    other = PairVariety().dataset(library, seed=8)
    assert all(torch.equal(dataset[r].exemplar_luma, again[r].exemplar_luma) for r in REQUESTS)
    assert not torch.equal(dataset[REQUESTS[0]].lumas, other[REQUESTS[0]].lumas)
    assert not torch.equal(dataset[REQUESTS[0]].lumas, dataset[REQUESTS[1]].lumas)


def test_strangers_are_marked_as_such(library: Library) -> None:
    assert all(PairDataset(library, PLAIN, seed=1)[r].related for r in REQUESTS)
    strangers = PairDataset(library, replace(PLAIN, unrelated=1.0), seed=1)
    assert not any(strangers[r].related for r in REQUESTS)


def test_wear_and_exposure_touch_lumas_and_never_colors(library: Library) -> None:
    worn = PairDataset(library, replace(PLAIN, clean=0.0, exposure=1.0, photograph=1.0), seed=3)
    clean = PairDataset(library, replace(PLAIN, photograph=1.0), seed=3)
    assert any(not torch.equal(worn[r].lumas, clean[r].lumas) for r in REQUESTS)
    assert all(torch.equal(worn[r].chromas, clean[r].chromas) for r in REQUESTS)


def test_a_flip_is_each_picture_s_own(library: Library) -> None:
    plain, flipped = (PairDataset(library, replace(PLAIN, flip=flip), seed=3) for flip in (0.0, 0.5))
    both = [(plain[r], flipped[r]) for r in REQUESTS]
    frames = [not torch.equal(a.lumas, b.lumas) for a, b in both]
    exemplars = [not torch.equal(a.exemplar_luma, b.exemplar_luma) for a, b in both]
    assert any(frames)
    assert any(exemplars)
    assert frames != exemplars


def test_far_parts_share_less_than_parts_anywhere(coordinates: Library) -> None:
    def distance(layout: PairVariety) -> float:
        samples = [PairDataset(coordinates, layout, seed=2)[r] for r in REQUESTS]
        gaps = [(s.chromas[0].mean((1, 2)) - s.exemplar_chroma.mean((1, 2))).norm() for s in samples]
        return float(torch.stack(gaps).mean())

    base = replace(PLAIN, small_in_exemplar=0.0)
    assert distance(replace(base, anywhere=0.0)) > distance(replace(base, far=0.0))


def test_a_frame_that_is_small_in_its_exemplar_has_less_variety(coordinates: Library) -> None:
    variety = replace(PLAIN, far=0.0, anywhere=0.0)
    samples = [PairDataset(coordinates, variety, seed=2)[r] for r in REQUESTS]
    spread = [float(s.chromas.std((2, 3)).mean()) for s in samples]
    there = [float(s.exemplar_chroma.std((1, 2)).mean()) for s in samples]
    assert sum(spread) < 0.6 * sum(there)


def test_two_frames_of_a_film_lie_as_far_apart_as_asked_and_as_the_film_allows(library: Library) -> None:
    dataset = PairDataset(library, PairVariety(gap_frames=(10, 80)), seed=0)
    source = Source(Path("film.mp4"), "film")
    for length, gaps in ((12, {10, 11}), (8, {7}), (200, set(range(10, 81)))):
        clip = Clip(source, range(length))
        for index in range(50):
            one, other = dataset._two_frames(clip, generator_of(index))
            assert 0 <= min(one, other) <= max(one, other) < length
            assert abs(one - other) in gaps


def test_areas_are_even_in_their_logarithm() -> None:
    parts = []
    for index in range(400):
        _, _, height, width = box_of((600, 800), (0.04, 1.0), generator_of(index))
        parts.append(height * width / (600 * 800))
    assert min(parts) == pytest.approx(0.04, rel=0.1)
    # half of them are below the geometric middle of 0.04 and 1
    assert sum(part < 0.2 for part in parts) / 400 == pytest.approx(0.5, abs=0.08)


def test_the_shared_part_of_boxes() -> None:
    assert shared_part((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert shared_part((0, 0, 10, 10), (5, 5, 10, 10)) == 0.25
    assert shared_part((0, 0, 10, 10), (2, 2, 3, 4)) == 1
    assert shared_part((0, 0, 10, 10), (10, 0, 10, 10)) == 0
