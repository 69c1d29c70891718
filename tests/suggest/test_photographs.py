import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinemacolor.errors import InputError
from kinemacolor.layers.place_features import PlaceEncoder
from kinemacolor.suggest import index, match_photographs
from kinemacolor.suggest.index import photographs_of


@pytest.fixture
def write_photographs(scene: Callable[..., np.ndarray]) -> Callable[[Path, list[int]], None]:
    def write(folder: Path, seeds: list[int]) -> None:
        for seed in seeds:
            Image.fromarray(scene(seed)).resize((216, 144)).save(folder / f"photo_{seed}.png")

    return write


def test_each_shot_finds_the_photograph_of_its_scene(
    make_film: Callable[[list[tuple[int, int]]], Path],
    write_photographs: Callable[[Path, list[int]], None],
    tmp_path: Path,
    encoder: PlaceEncoder,
) -> None:
    folder = tmp_path / "photographs"
    (folder / "inner").mkdir(parents=True)
    write_photographs(folder, [2, 3, 4, 5])
    write_photographs(folder / "inner", [1])
    (folder / "broken.jpg").write_bytes(b"no picture")
    Image.fromarray(np.full((50, 50, 3), 90, np.uint8)).save(folder / "gray.png")
    notes: list[str] = []
    found = match_photographs(
        make_film([(1, 10), (3, 12)]), folder, best=2, index=tmp_path / "i.npz", encoder=encoder, note=notes.append
    )
    assert [(m.shot.start, m.photograph.name) for m in found[::2]] == [(0, "photo_1.png"), (10, "photo_3.png")]
    assert all(first.likeness > second.likeness for first, second in zip(found[::2], found[1::2]))
    assert len(notes) == 2
    assert "broken.jpg" in notes[0]
    assert "gray.png, which has no color" in notes[1]


def test_only_new_and_changed_photographs_are_read_again(
    tmp_path: Path,
    encoder: PlaceEncoder,
    monkeypatch: pytest.MonkeyPatch,
    write_photographs: Callable[[Path, list[int]], None],
) -> None:
    folder, kept = tmp_path / "photographs", tmp_path / "index.npz"
    folder.mkdir()
    write_photographs(folder, [1, 2, 3])
    first = photographs_of(folder, encoder, index=kept)
    read: list[str] = []
    original = index.photo_luma
    monkeypatch.setattr(index, "photo_luma", lambda path: read.append(path.name) or original(path))
    again = photographs_of(folder, encoder, index=kept)
    assert read == []
    assert np.allclose(first.summaries, again.summaries, atol=1e-3)
    write_photographs(folder, [4])
    os.utime(folder / "photo_2.png", ns=(1, 1))
    photographs_of(folder, encoder, index=kept)
    assert sorted(read) == ["photo_2.png", "photo_4.png"]
    kept.write_bytes(b"damaged")
    assert len(photographs_of(folder, encoder, index=kept).paths) == 4


def test_a_folder_without_color_photographs_is_refused(tmp_path: Path, encoder: PlaceEncoder) -> None:
    with pytest.raises(InputError, match="no color photograph"):
        photographs_of(tmp_path, encoder, index=tmp_path / "i.npz")
    with pytest.raises(InputError, match="no folder"):
        photographs_of(tmp_path / "missing", encoder)
