import json
import os
from contextlib import suppress
from pathlib import Path

import pytest

from kinemacolor.engine.track.seal import (
    BrokenSealError,
    described,
    read_sealed,
    require_described,
    write_json,
    write_sealed,
)

CONTENT = {"frames": 3, "confidence": [0.5, 0.25, 1e-07], "name": "Größe"}


def test_what_is_sealed_comes_back(tmp_path: Path) -> None:
    write_sealed(tmp_path / "a.json", CONTENT)
    assert read_sealed(tmp_path / "a.json") == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_no_bit_can_flip_unseen(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_sealed(path, CONTENT)
    good = path.read_bytes()
    for place in range(len(good) * 8):
        data = bytearray(good)
        data[place // 8] ^= 1 << place % 8
        path.write_bytes(data)
        with suppress(BrokenSealError):
            assert read_sealed(path) == CONTENT  # a space for a line break changes nothing


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", '{"frames": 3}', '{"frames": 3, "blake2b": 4}', "[" * 9999])
def test_what_was_never_sealed_is_broken(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(BrokenSealError):
        read_sealed(tmp_path / "a.json")


def test_a_pipe_and_a_link_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    write_sealed(tmp_path / "a.json", CONTENT)
    (tmp_path / "link.json").symlink_to(tmp_path / "a.json")
    for name in ("pipe.json", "link.json"):
        with pytest.raises(BrokenSealError):
            read_sealed(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        read_sealed(tmp_path / "none.json")


@pytest.mark.parametrize("link", ["a.json", "a.json.partial"])
def test_writing_follows_no_link(tmp_path: Path, link: str) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / link).symlink_to(tmp_path / "mine.txt")
    write_json(tmp_path / "a.json", [1])
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert json.loads((tmp_path / "a.json").read_text()) == [1]


@pytest.mark.parametrize("damage", ["flip", "cut", "longer", "gone", "folder", "link"])
def test_a_file_is_held_against_its_description(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "chunk.mkv"
    path.write_bytes(bytes(1000))
    description = described(path)
    require_described(path, description)
    if damage in ("gone", "folder", "link"):
        path.rename(tmp_path / "elsewhere.mkv")
    if damage == "folder":
        path.mkdir()
    elif damage == "link":
        path.symlink_to(tmp_path / "elsewhere.mkv")
    elif damage != "gone":
        path.write_bytes({"flip": bytes(999) + b"\1", "cut": bytes(999), "longer": bytes(1001)}[damage])
    with pytest.raises(BrokenSealError):
        require_described(path, description)
