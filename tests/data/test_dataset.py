"""Tests of samples: shapes, kinds of exemplar, and that the same number always gives the same sample."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader

from kinemacolor.data.cache import FrameCache
from kinemacolor.data.clips import Library
from kinemacolor.data.dataset import ClipDataset, Request, Variety, held_out_sample
from kinemacolor.data.samples import collate
from kinemacolor.data.sources import find_sources

REQUESTS = [Request(i, frames=3, crop_px=32) for i in range(24)]


@pytest.fixture(scope="module")
def library(training_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    cache = FrameCache(tmp_path_factory.mktemp("cache"), short_side_px=48)
    return Library.open(find_sources([training_folder]), cache)


@pytest.fixture(scope="module")
def dataset(library: Library) -> ClipDataset:
    return ClipDataset(library, Variety(), seed=7)


def test_a_sample_has_the_shape_asked_for_and_lab_ranges(dataset: ClipDataset) -> None:
    for request in REQUESTS:
        sample = dataset[request]
        assert sample.lumas.shape == (3, 1, 32, 32)
        assert sample.chromas.shape == (3, 2, 32, 32)
        assert sample.exemplar_chroma.shape == (2, 32, 32)
        assert 0 <= sample.lumas.min() <= sample.lumas.max() <= 100.1
        assert sample.chromas.abs().max() <= 110
        assert sample.chromas.abs().max() > 2


def test_every_kind_of_exemplar_comes_and_the_sample_says_which(dataset: ClipDataset) -> None:
    kinds = {dataset[replace(r, index=i)].exemplar_kind for i, r in enumerate(REQUESTS * 3)}
    assert kinds == {"frame_before", "same_frame", "other_frame", "other_augmentation", "unrelated"}


def test_only_unrelated_exemplars_are_marked_so(library: Library) -> None:
    never = ClipDataset(library, replace(Variety(), unrelated=0.0), seed=1)
    always = ClipDataset(
        library,
        Variety(frame_before=0.0, same_frame=0.0, other_frame=0.0, other_augmentation=0.0, unrelated=1.0),
        seed=1,
    )
    assert all(never[r].related for r in REQUESTS)
    assert not any(always[r].related for r in REQUESTS)


def test_a_same_frame_exemplar_has_the_colors_of_one_of_the_frames(library: Library) -> None:
    variety = Variety(
        frame_before=0.0, same_frame=1.0, other_frame=0.0, other_augmentation=0.0, unrelated=0.0, color_change=1.0
    )
    dataset = ClipDataset(library, variety, seed=1)
    for request in REQUESTS[:8]:
        sample = dataset[request]
        nearest = (sample.chromas - sample.exemplar_chroma).abs().amax((1, 2, 3)).min()
        assert nearest < 1e-3


def test_wear_touches_the_luma_and_never_the_truth(library: Library) -> None:
    worn = ClipDataset(library, replace(Variety(), clean=0.0, exposure=0.0), seed=3)
    clean = ClipDataset(library, replace(Variety(), clean=1.0, exposure=0.0), seed=3)
    related = [r for r in REQUESTS if worn[r].related]
    assert any(not torch.equal(worn[r].lumas, clean[r].lumas) for r in related)
    # colors are drawn after the wear: with none to draw, truth is the same
    plain = [ClipDataset(library, replace(d.variety, color_change=0.0), seed=3) for d in (worn, clean)]
    assert all(torch.equal(plain[0][r].chromas, plain[1][r].chromas) for r in REQUESTS)


def test_the_truth_beside_an_unrelated_exemplar_keeps_its_natural_colors(library: Library) -> None:
    variety = Variety(frame_before=0.0, same_frame=0.0, other_frame=0.0, other_augmentation=0.0, unrelated=1.0)
    changed = ClipDataset(library, replace(variety, color_change=1.0), seed=3)
    natural = ClipDataset(library, replace(variety, color_change=0.0), seed=3)
    assert all(torch.equal(changed[r].chromas, natural[r].chromas) for r in REQUESTS[:6])


def test_the_same_number_gives_the_same_sample_in_any_process_and_order(dataset: ClipDataset) -> None:
    here = collate([dataset[r] for r in REQUESTS[:4]])
    loader = DataLoader(dataset, batch_sampler=[REQUESTS[:4]], num_workers=1, collate_fn=collate)
    there = next(iter(loader))
    for ours, theirs in zip((here.lumas, here.chromas, here.related), (there.lumas, there.chromas, there.related)):
        assert torch.equal(ours, theirs)


def test_other_seeds_and_other_numbers_give_other_samples(library: Library, dataset: ClipDataset) -> None:
    other = ClipDataset(library, Variety(), seed=8)
    assert not torch.equal(dataset[REQUESTS[0]].lumas, other[REQUESTS[0]].lumas)
    assert not torch.equal(dataset[REQUESTS[0]].lumas, dataset[REQUESTS[1]].lumas)


def test_held_out_clips_are_whole_unworn_and_always_the_same(library: Library) -> None:
    for source in (library.clips[0], library.photographs[0]):
        sample = held_out_sample(library, source, frames=5, short_side_px=48)
        again = held_out_sample(library, source, frames=5, short_side_px=48)
        assert len(sample.lumas) == 5
        assert all(side % 16 == 0 for side in sample.lumas.shape[-2:])
        assert torch.equal(sample.lumas, again.lumas)


def test_held_out_sources_are_never_drawn(library: Library) -> None:
    rest = library.without([library.clips[0], library.photographs[0]])
    assert library.clips[0] not in rest.clips
    assert library.photographs[0] not in rest.photographs
    assert len(rest.clips) == len(library.clips) - 1
