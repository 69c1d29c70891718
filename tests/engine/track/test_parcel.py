from dataclasses import replace
from pathlib import Path

import pytest
import torch

from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.engine.track.parcel import Parcel, is_of, packed, take_in
from kinemacolor.engine.track.seal import BrokenSealError
from kinemacolor.errors import TrackError
from kinemacolor.frames import Shot
from kinemacolor.models.base import Answer

KEY = "0123456789abcdef0123456789abcdef"
SHOT = Shot(5, 9)


def colored(track: ChromaTrack, *, in_pieces: bool = False) -> None:
    """Puts a shot of four frames into a track, as a piece each of two where it is in pieces."""
    with track:
        writer = track.writer(SHOT, KEY, in_pieces=in_pieces)
        for i in range(4):
            writer.add(Answer(torch.full((2, 8, 6), float(i))))
            if in_pieces and i == 1:
                writer.end_piece(ChunkNotes(2), b"state")
        writer.commit(ChunkNotes(4), rest=ChunkNotes(2) if in_pieces else None)


@pytest.fixture(params=[False, True], ids=["whole", "in pieces"])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> ChromaTrack:
    track = ChromaTrack(tmp_path / "there.kctrack")
    colored(track, in_pieces=request.param)
    return track


@pytest.fixture
def home(tmp_path: Path):
    with ChromaTrack(tmp_path / "home.kctrack") as track:
        yield track


@pytest.mark.parametrize("with_bytes", [True, False])
def test_a_shot_is_the_same_in_the_track_that_takes_it_in(
    there: ChromaTrack, home: ChromaTrack, with_bytes: bool
) -> None:
    answers = [answer.chroma for answer in there.read(SHOT, KEY)]
    parcel = packed(there, SHOT, KEY, with_bytes=with_bytes)
    assert take_in(home, parcel, folder=there.shots)
    assert home.verified(SHOT, KEY) == ChunkNotes(4)
    assert all(torch.equal(a.chroma, b) for a, b in zip(home.read(SHOT, KEY), answers, strict=True))


def test_a_shot_is_taken_in_once(there: ChromaTrack, home: ChromaTrack) -> None:
    parcel = packed(there, SHOT, KEY, with_bytes=True)
    assert take_in(home, parcel)
    before = {path: path.stat().st_mtime_ns for path in home.shots.iterdir()}
    assert not take_in(home, parcel)
    assert {path: path.stat().st_mtime_ns for path in home.shots.iterdir()} == before


def _changed(parcel: Parcel, at: int) -> Parcel:
    file = parcel.files[at]
    assert file.data is not None
    data = file.data[:-1] + bytes([file.data[-1] ^ 1])
    return replace(parcel, files=(*parcel.files[:at], replace(file, data=data), *parcel.files[at + 1 :]))


def test_a_changed_bit_is_found_and_nothing_is_taken_in(there: ChromaTrack, home: ChromaTrack) -> None:
    parcel = packed(there, SHOT, KEY, with_bytes=True)
    for at in range(len(parcel.files)):
        with pytest.raises(BrokenSealError, match="changed on its way"):
            take_in(home, _changed(parcel, at))
    assert list(home.shots.iterdir()) == []


def test_a_changed_file_in_a_shared_folder_is_found(there: ChromaTrack, home: ChromaTrack) -> None:
    parcel = packed(there, SHOT, KEY, with_bytes=False)
    (there.shots / parcel.files[0].name).write_bytes(b"")
    with pytest.raises(BrokenSealError, match="0 bytes instead of"):
        take_in(home, parcel, folder=there.shots)


def test_a_parcel_cannot_write_elsewhere(there: ChromaTrack, home: ChromaTrack) -> None:
    parcel = packed(there, SHOT, KEY, with_bytes=True)
    for name in ("../track.json", "000005-other.mkv", "/etc/passwd"):
        files = (replace(parcel.files[0], name=name),)
        with pytest.raises(BrokenSealError, match="no file of the shot"):
            take_in(home, replace(parcel, files=files))
    assert is_of("000005-aa.000002.mkv", "000005-aa")
    assert not is_of("000005-aa.000002.state", "000005-aa")
    assert not is_of("000005-aa.x/../y.mkv", "000005-aa")


def test_what_is_not_there_cannot_be_packed(home: ChromaTrack) -> None:
    with pytest.raises(TrackError, match="does not have the shot at frame 5"):
        packed(home, SHOT, KEY, with_bytes=True)
