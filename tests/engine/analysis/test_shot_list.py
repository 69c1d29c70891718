from fractions import Fraction
from pathlib import Path

import pytest

from kinemacolor.engine.analysis.shot_list import ListedShot, clock, list_shots, read_shots, write_shots
from kinemacolor.errors import OutputExistsError, ShotListError
from kinemacolor.frames import Shot
from kinemacolor.io.position import Position
from kinemacolor.io.timeline import frame_by_rate


def at(place: Position) -> int:
    if isinstance(place, int):
        return place
    assert isinstance(place, Fraction)
    return frame_by_rate(place, Fraction(24))


def shots_in(path: Path, text: str, frames: int = 200) -> list[ListedShot]:
    path.write_text(text, encoding="utf-8")
    return read_shots(path, at, frames=frames)


def test_a_list_is_read_as_it_was_written(tmp_path: Path) -> None:
    shots = [ListedShot(Shot(0, 34)), ListedShot(Shot(34, 134), ("a b.png", "ü.jpg")), ListedShot(Shot(134, 200))]
    write_shots(tmp_path / "shots.csv", shots, Fraction(24))
    assert read_shots(tmp_path / "shots.csv", at, frames=200) == shots
    assert "34,00:00:01.417,100,a b.png|ü.jpg" in (tmp_path / "shots.csv").read_text(encoding="utf-8")


def test_merging_splitting_and_moving_are_edits_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "shots.csv"
    head = "start,time,frames,exemplars\n"
    assert [s.shot for s in shots_in(path, head + "0,,50,\n100,,100,\n")] == [Shot(0, 100), Shot(100, 200)]
    split = shots_in(path, head + "0,,50,\n50,,50,\n70\n100,,100,\n")
    assert [s.shot for s in split] == [Shot(0, 50), Shot(50, 70), Shot(70, 100), Shot(100, 200)]
    moved = shots_in(path, head + "0,00:00:00,50,\n00:00:02.5,00:00:02.083,50,\n")
    assert [s.shot for s in moved] == [Shot(0, 60), Shot(60, 200)]


def test_what_spreadsheets_write_is_read(tmp_path: Path) -> None:
    path = tmp_path / "shots.csv"
    path.write_bytes(b"\xef\xbb\xbfstart;time;frames;exemplars\r\n0;;;\r\n# a note\r\n\r\n50;;;still.png\r\n")
    assert read_shots(path, at, frames=90) == [ListedShot(Shot(0, 50)), ListedShot(Shot(50, 90), ("still.png",))]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("begin,end\n0,5\n", "line 1: there is no column 'start'"),
        ("start\n5\n", "line 2: the first shot begins at frame 5"),
        ("start\n0\n40\n30\n", "line 4: this shot begins at frame 30, and the one before it at 40"),
        ("start\n0\n\n40\n40\n", "line 5: this shot begins at frame 40"),
        ("start\n0\nsoon\n", "line 3: 'soon' is no frame and no time"),
        ("start\n0\n200\n", "line 3: this shot begins at frame 200, and the film's last frame is 199"),
        ("start\n", "lists no shot"),
        ("", "lists no shot"),
    ],
)
def test_an_error_names_the_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ShotListError, match=says):
        shots_in(tmp_path / "shots.csv", text)


def test_a_list_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shots.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ShotListError, match=r"shots\.csv"):
        read_shots(tmp_path / "shots.csv", at, frames=9)


def test_a_films_shots_are_listed_and_an_existing_list_is_kept(make_film, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    path = tmp_path / "shots.csv"
    found = list_shots(make_film(frames=8), path, progress=lambda done, total: seen.append((done, total)))
    assert found == [ListedShot(Shot(0, 8))] == read_shots(path, at, frames=8)
    assert seen[-1] == (8, 8)
    with pytest.raises(OutputExistsError, match="--overwrite"):
        list_shots(tmp_path / "film.mkv", path)


def test_a_clock_shows_thousandths() -> None:
    assert clock(Fraction(3723_4567, 10_000)) == "01:02:03.457"
    assert clock(59.9996) == "00:01:00.000"
