"""`kinemacolor check`: a track or project read whole, and held against what was written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kinemacolor.engine.check import check
from kinemacolor.engine.video import colorize_video
from kinemacolor.errors import TrackError

MakeFilm = Callable[..., Path]


@pytest.fixture
def track(make_film: MakeFilm, counting, stills, shots_csv: Path, tmp_path: Path) -> Path:
    film = make_film(frames=16, codec="ffv1")
    colorize_video(film, tmp_path / "out.mkv", stills, model=counting, shots=shots_csv, track=True, codec="ffv1")
    return tmp_path / "out.mkv.kctrack"


def test_a_whole_track_has_no_fault(track: Path) -> None:
    found = check(track)
    assert (found.shots, found.colored, found.faults) == (4, 4, ())


@pytest.mark.parametrize("ending", [".mkv", ".json"])
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_flipped_bit_is_found_and_its_frames_are_named(track: Path, ending: str, place: float) -> None:
    file = sorted((track / "shots").glob(f"*{ending}"))[2]
    data = bytearray(file.read_bytes())
    data[int(place * len(data))] ^= 1
    file.write_bytes(data)
    found = check(track)
    assert found.colored == 3
    assert len(found.faults) == 1
    assert "frames 8 to 11 are damaged" in found.faults[0]


def test_a_shot_that_is_not_there_is_counted_and_a_changed_film_is_a_fault(track: Path, tmp_path: Path) -> None:
    for file in (track / "shots").glob("000008-*"):
        file.unlink()
    assert (check(track).colored, check(track).faults) == (3, ())
    (film,) = [path for path in tmp_path.iterdir() if path.suffix == ".mkv" and path.name != "out.mkv"]
    film.write_bytes(film.read_bytes() + b"\0")
    assert len(check(track).faults) == 1


@pytest.mark.parametrize("text", ["", "{}", "null"])
def test_a_track_without_its_header_is_none(track: Path, text: str) -> None:
    (track / "track.json").write_text(text)
    with pytest.raises(TrackError, match=r"track\.json"):
        check(track)
