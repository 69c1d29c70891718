"""Tests of the cache, the library and the walk over a clip's frames."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinemacolor.data.cache import FrameCache
from kinemacolor.data.clips import Library, frame_elsewhere, random_walk, to_and_fro
from kinemacolor.data.cuts import shots_of
from kinemacolor.data.draw import generator_of
from kinemacolor.data.sources import Source, find_sources
from kinemacolor.errors import InputError


@pytest.fixture(scope="module")
def library(training_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Library:
    cache = FrameCache(tmp_path_factory.mktemp("cache"), short_side_px=48)
    return Library.open(find_sources([training_folder]), cache)


def test_films_folders_and_photographs_are_opened_and_the_unfit_named(library: Library) -> None:
    assert {c.source.path.name for c in library.clips} == {"one.mp4", "two.mp4", "numbered"}
    assert len(library.photographs) == 3
    assert [any(name in w for w in library.warnings) for name in ("gray", "short", "broken")] == [True] * 3


def test_frames_have_the_short_side_asked_for(library: Library) -> None:
    film = next(c.source for c in library.clips if c.source.path.name == "one.mp4")
    assert library.cache.frames(film).shape == (12, 48, 72, 3)
    folder = next(c.source for c in library.clips if c.source.path.name == "numbered")
    assert library.cache.frames(folder).shape == (9, 48, 60, 3)


def test_a_photograph_beside_numbered_ones_is_that_photograph_alone(library: Library) -> None:
    assert [len(library.cache.frames(clip.source)) for clip in library.photographs] == [1, 1, 1]


def test_a_film_is_decoded_once_and_anew_when_it_changes(
    training_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes((training_folder / "free" / "one.mp4").read_bytes())
    source = Source(film, "film")
    first = np.array(FrameCache(tmp_path / "cache").frames(source))
    with monkeypatch.context() as patch:
        patch.setattr(FrameCache, "_decoded", lambda *_: pytest.fail("decoded again"))
        assert np.array_equal(FrameCache(tmp_path / "cache").frames(source), first)
    film.write_bytes((training_folder / "bought" / "two.mp4").read_bytes())
    assert not np.array_equal(FrameCache(tmp_path / "cache").frames(source), first)


def test_long_films_are_cut_to_a_number_of_frames(training_folder: Path, tmp_path: Path) -> None:
    cache = FrameCache(tmp_path, max_frames=5)
    assert len(cache.frames(Source(training_folder / "free" / "one.mp4", "film"))) == 5


def test_a_film_is_divided_at_its_cuts(tmp_path: Path) -> None:
    for i in range(27):
        shade = (40, 200, 90)[0 if i < 9 else 1 if i < 17 else 2]
        picture = np.full((64, 64, 3), shade, np.uint8)
        picture[20:40, 2 * i : 2 * i + 12] = (250, 20, 20)
        Image.fromarray(picture).save(tmp_path / f"{i:02d}.png")
    library = Library.open(find_sources([tmp_path]), FrameCache(tmp_path / "cache"))
    assert [clip.frames for clip in library.clips] == [range(9), range(9, 17), range(17, 27)]
    again = Library.open(find_sources([tmp_path]), FrameCache(tmp_path / "cache"))
    assert again.clips == library.clips
    assert library.without([library.clips[1]]).clips == ()


def test_slow_and_fast_motion_are_no_cuts() -> None:
    ground = np.random.default_rng(0).integers(0, 256, (64, 400, 3)).astype(np.uint8)
    pan = np.stack([ground[:, 9 * i : 9 * i + 64] for i in range(30)])
    fade = np.stack([(ground[:, :64] * (i / 30)).astype(np.uint8) for i in range(30)])
    assert shots_of(pan) == [range(30)]
    assert shots_of(fade) == [range(30)]


def test_a_library_of_nothing_is_an_error(training_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"None of 1 files.*broken\.mp4"):
        Library.open([Source(training_folder / "bought" / "broken.mp4", "film")], FrameCache(tmp_path))


def test_a_walk_is_in_order_without_repeats_and_never_jumps_far() -> None:
    directions = set()
    for number in range(200):
        walk = random_walk(100, 8, 5, generator_of(number))
        steps = np.diff(walk)
        directions.add(int(np.sign(steps[0])))
        assert len(walk) == 8
        assert min(walk) >= 0
        assert max(walk) < 100
        assert np.all(np.sign(steps) == np.sign(steps[0]))
        assert np.abs(steps).max() <= 5
    assert directions == {-1, 1}


def test_a_clip_shorter_than_the_walk_is_walked_to_and_fro() -> None:
    assert to_and_fro([0, 1, 2], 8) == [0, 1, 2, 1, 0, 1, 2, 1]
    assert to_and_fro([4], 3) == [4, 4, 4]
    walk = random_walk(3, 6, 5, generator_of(1))
    assert np.abs(np.diff(walk)).max() == 1


def test_the_frame_elsewhere_is_not_in_the_walk() -> None:
    assert {frame_elsewhere(5, [0, 1, 3], generator_of(i)) for i in range(40)} == {2, 4}
    assert frame_elsewhere(2, [0, 1], generator_of(1)) in (0, 1)
