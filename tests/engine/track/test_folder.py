"""A track touches its own names in its own folders, and takes up what a killed run left."""

import json
from pathlib import Path

import pytest
import torch

from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.errors import TrackError
from kinemacolor.frames import Shot
from kinemacolor.io.destination import Destination
from kinemacolor.io.sequence import Pattern
from kinemacolor.models.base import Answer

KEY = "0123456789abcdef" * 2


def add_shot(track: ChromaTrack, start: int = 0) -> None:
    writer = track.writer(Shot(start, start + 1), KEY)
    writer.add(Answer(torch.zeros(2, 8, 8)))
    writer.commit(ChunkNotes(frames=1))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A track with a shot."""
    with ChromaTrack(tmp_path / "out.mkv.kctrack") as track:
        add_shot(track)
    return track.path


def left_by_a_run(place: Path, partial: Path | str | int) -> None:
    (place / "running.json").write_text(json.dumps({"process": 1, "host": "x", "partial": str(partial)}))


def test_what_a_killed_run_left_beside_its_output_goes(place: Path, tmp_path: Path) -> None:
    partial = tmp_path / ".out.0123abcd.partial.mkv"
    partial.touch()
    left_by_a_run(place, partial)
    with ChromaTrack(place, output=tmp_path / "out.mkv"):
        assert not partial.exists()


def test_a_folder_of_pictures_is_left_to_the_next_output_there(place: Path, tmp_path: Path) -> None:
    destination = Destination.for_pictures(Pattern(tmp_path / "out", "f_%d.png"), overwrite=False)
    (destination.partial / "f_0.png").touch()
    left_by_a_run(place, destination.partial)
    with ChromaTrack(place, output=tmp_path / "out"):
        assert destination.partial.exists()
    destination._unlock()
    Destination.for_pictures(Pattern(tmp_path / "out", "f_%d.png"), overwrite=False).discard()
    assert not destination.partial.exists()


@pytest.mark.parametrize(
    "name",
    ["mine.txt", "out.mkv", "elsewhere/.out.0123abcd.partial.mkv", "../.x.0123abcd.partial.mkv", ".out.partial"],
)
def test_case_46_a_track_that_names_a_file_of_mine_does_not_delete_it(place: Path, tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    (home / "elsewhere").mkdir(parents=True)
    (home / name).write_text("mine")
    left_by_a_run(place, home / name)
    with ChromaTrack(place, output=home / "out.mkv"):
        pass
    assert (home / name).read_text() == "mine"


@pytest.mark.parametrize("linked", ["track", "shots", ".lock"])
def test_case_46_no_link_is_followed(place: Path, tmp_path: Path, linked: str) -> None:
    mine = tmp_path / "docs"
    mine.mkdir()
    for name in ("mine.txt", "000000-0123456789abcdef0123.mkv.partial", "000009-0123456789abcdef0123.mkv"):
        (mine / name).write_text("mine")
    if linked == "track":
        place = tmp_path / "other.kctrack"
        place.symlink_to(mine)
    elif linked == "shots":
        (place / "shots").rename(tmp_path / "old")
        (place / "shots").symlink_to(mine)
    else:
        (place / ".lock").unlink()
        (place / ".lock").symlink_to(mine / "mine.txt")
    with pytest.raises(TrackError, match="link"), ChromaTrack(place) as track:
        track.prune([])
    assert {path.read_text() for path in mine.iterdir()} == {"mine"}


def test_only_chunks_are_pruned(place: Path) -> None:
    (place / "shots" / "notes of mine.txt").write_text("mine")
    (place / "shots" / "000000.mkv").write_text("mine")
    with ChromaTrack(place) as track:
        add_shot(track, 5)
        track.prune([(Shot(5, 6), KEY)])
    names = sorted(path.name for path in (place / "shots").iterdir())
    assert names == ["000000.mkv", f"000005-{KEY[:20]}.json", f"000005-{KEY[:20]}.mkv", "notes of mine.txt"]


@pytest.mark.parametrize(
    "left",
    [[], ["shots/"], ["shots/", "track.json.partial"], ["running.json.partial", "survey.json"], ["running.json"]],
)
def test_case_32_a_folder_that_a_kill_left_half_made_is_taken_up(tmp_path: Path, left: list[str]) -> None:
    place = tmp_path / "out.mkv.kctrack"
    place.mkdir()
    for name in left:
        (place / name).mkdir() if name.endswith("/") else (place / name).write_bytes(b"{")
    with ChromaTrack(place) as track:
        add_shot(track)
        assert track.verified(Shot(0, 1), KEY) is not None
    assert not list(place.glob("*.partial"))


@pytest.mark.parametrize("strange", ["letter.txt", "shots.csv", "track.json.bak"])
def test_a_folder_with_anything_else_is_left_alone(tmp_path: Path, strange: str) -> None:
    (tmp_path / "own.kctrack" / "shots").mkdir(parents=True)
    (tmp_path / "own.kctrack" / strange).write_text("mine")
    with pytest.raises(TrackError, match="no chroma track"), ChromaTrack(tmp_path / "own.kctrack"):
        pass
    assert sorted(path.name for path in (tmp_path / "own.kctrack").iterdir()) == sorted(["shots", strange])


@pytest.mark.parametrize("text", ["null", "[]", "3", '{"process": []}', '{"partial": 7}', "[" * 9999, "\0"])
def test_word_of_a_run_may_be_anything(place: Path, text: str) -> None:
    (place / "running.json").write_text(text)
    with ChromaTrack(place, output=place.parent / "out.mkv"):
        pass
