import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from kinemacolor.errors import InputError, SettingError
from kinemacolor.evaluation.datasets import DATASETS, check_clip, dataset_of, take_stock

SavePictures = Callable[[Path, list[Tensor]], Path]
DAVIS = DATASETS["davis"]


@pytest.fixture
def davis(tmp_path: Path, save_pictures: SavePictures) -> Path:
    """DAVIS with two of the three clips of its split."""
    root = tmp_path / "DAVIS"
    black = [torch.zeros(3, 20, 30, dtype=torch.uint8)] * 4
    for name in ("camel", "cows"):
        save_pictures(root / "JPEGImages" / "480p" / name, black)
        save_pictures(root / "Annotations" / "480p" / name, black)
    (root / "ImageSets" / "2017").mkdir(parents=True)
    (root / "ImageSets" / "2017" / "val.txt").write_text("camel\ncows\nparkour\n")
    return root


def test_a_missing_clip_is_named_and_the_others_have_their_masks(davis: Path) -> None:
    stock = take_stock(DAVIS, davis)
    assert [clip.name for clip in stock.clips] == ["camel", "cows"]
    assert all(clip.masks is not None for clip in stock.clips)
    assert len(stock.problems) == 1
    assert "parkour" in stock.problems[0]


def test_without_its_list_the_30_clips_of_davis_are_known(davis: Path) -> None:
    shutil.rmtree(davis / "ImageSets")
    stock = take_stock(DAVIS, davis)
    assert len(stock.problems) == 28
    assert any("soapbox" in problem for problem in stock.problems)


def test_a_list_of_ones_own_counts_more(davis: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("cows\n")
    stock = take_stock(DAVIS, davis, names=tmp_path / "mine.txt")
    assert [clip.name for clip in stock.clips] == ["cows"]
    assert not stock.problems
    with pytest.raises(InputError, match=r"none\.txt"):
        take_stock(DAVIS, davis, names=tmp_path / "none.txt")


def test_where_no_list_is_known_all_folders_are_taken_and_that_is_said(
    tmp_path: Path, save_pictures: SavePictures
) -> None:
    save_pictures(tmp_path / "videvo" / "Cycling", [torch.zeros(3, 20, 30, dtype=torch.uint8)] * 2)
    stock = take_stock(DATASETS["videvo"], tmp_path)
    assert [clip.name for clip in stock.clips] == ["Cycling"]
    assert "--list" in stock.notes[0]


def test_a_data_set_that_is_not_there_says_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"JPEGImages.*davischallenge\.org"):
        take_stock(DAVIS, tmp_path)
    with pytest.raises(SettingError, match="davis, videvo, nvcc2023"):
        dataset_of("mine")


def test_a_clip_is_checked_for_gaps_sizes_masks_and_what_cannot_be_read(
    davis: Path, save_pictures: SavePictures, tmp_path: Path
) -> None:
    (clip, other) = take_stock(DAVIS, davis).clips
    assert check_clip(clip, needs_masks=True) == []
    (clip.path / "00001.png").unlink()
    (clip.path / "00003.png").write_bytes(b"broken")
    large = save_pictures(tmp_path / "large", [torch.zeros(3, 40, 60, dtype=torch.uint8)])
    shutil.copy(large / "00000.png", clip.path / "00002.png")
    problems = " | ".join(check_clip(clip, needs_masks=True))
    for words in ("1 numbers are missing", "00003.png cannot be read", "30x20, 60x40", "3 frames, but 4 masks"):
        assert words in problems
    assert check_clip(other, needs_masks=True) == []
