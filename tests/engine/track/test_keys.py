import os
from pathlib import Path

import pytest
import torch

from kinemacolor.engine.track.keys import exemplar_hash, film_signature, folder_signature
from kinemacolor.frames import Exemplar


@pytest.mark.parametrize("place", [0, 70_000, 500_000, 999_999])
def test_a_film_is_known_by_its_bytes_and_not_by_its_name(tmp_path: Path, place: int) -> None:
    content = bytearray(i * 31 % 251 for i in range(1_000_000))
    (tmp_path / "a.mkv").write_bytes(content)
    (tmp_path / "b.mkv").write_bytes(content)
    content[place] ^= 1
    (tmp_path / "c.mkv").write_bytes(content)
    (tmp_path / "d.mkv").write_bytes(content[:-1])
    signatures = [film_signature(tmp_path / f"{name}.mkv") for name in "abcd"]
    assert signatures[0] == signatures[1]
    assert len(set(signatures)) == 3


def test_an_empty_film_has_a_signature(tmp_path: Path) -> None:
    (tmp_path / "none.mkv").touch()
    assert film_signature(tmp_path / "none.mkv")


def test_a_byte_anywhere_in_a_large_film_counts(tmp_path: Path) -> None:
    film = tmp_path / "large.mkv"
    with film.open("wb") as file:
        file.truncate(20_000_000)
    before = film_signature(film)
    with film.open("rb+") as file:
        file.seek(7_654_321)
        file.write(b"\1")
    assert film_signature(film) != before


@pytest.mark.parametrize("change", ["content", "name", "number"])
def test_pictures_are_known_by_their_names_and_bytes_and_not_by_their_times(tmp_path: Path, change: str) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for i in range(3):
        (folder / f"{i}.png").write_bytes(b"x" * i)
    before = film_signature(folder)
    os.utime(folder / "1.png", (10**9, 10**9))
    assert film_signature(folder) == before
    if change == "content":
        (folder / "1.png").write_bytes(b"y")
        os.utime(folder / "1.png", (10**9, 10**9))
    elif change == "name":
        (folder / "2.png").rename(folder / "7.png")
    else:
        (folder / "2.png").unlink()
    assert film_signature(folder) != before


def test_masks_are_known_by_all_their_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "masks"
    folder.mkdir()
    (folder / "1.png").write_bytes(b"1")
    before = folder_signature(folder)
    (folder / "1.png").write_bytes(b"2")
    assert folder_signature(folder) != before
    assert folder_signature(folder / "1.png")


def test_a_still_is_known_by_its_pixels_and_alpha() -> None:
    rgb = torch.arange(48, dtype=torch.uint8).view(3, 4, 4)
    alpha = torch.ones(1, 4, 4)
    assert exemplar_hash(Exemplar(rgb, 3, name="a")) == exemplar_hash(Exemplar(rgb.clone(), None, name="b"))
    assert exemplar_hash(Exemplar(rgb, 3)) != exemplar_hash(Exemplar(rgb, 3, alpha))
    assert exemplar_hash(Exemplar(rgb, 3)) != exemplar_hash(Exemplar(rgb.view(3, 2, 8), 3))
