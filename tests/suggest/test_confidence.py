import json
from pathlib import Path

import pytest
import torch

from kinemacolor.engine.track import ChromaTrack, KeyedShot, TrackHeader
from kinemacolor.engine.track.chunk import ChunkNotes
from kinemacolor.errors import InputError, TrackError
from kinemacolor.frames import Shot
from kinemacolor.models.base import Answer
from kinemacolor.suggest.confidence import read_confidence


def header(film: Path, shots: list[KeyedShot]) -> TrackHeader:
    return TrackHeader(
        film=film,
        signature="s",
        film_size=(48, 64),
        frame_rate="24",
        working_size=(48, 64),
        model="matching",
        exemplars=(),
        shots=tuple(shots),
        made_by="0",
    )


def test_a_track_tells_the_confidence_of_the_shots_it_has(tmp_path: Path) -> None:
    path = tmp_path / "reel.kctrack"
    shots = [(Shot(5, 7), "a" * 32), (Shot(7, 9), "b" * 32)]
    with ChromaTrack(path) as track:
        track.write_header(header(path, [KeyedShot(shot, (), key) for shot, key in shots]))
        writer = track.writer(*shots[0])
        for sure in (0.2, 1.0):
            writer.add(Answer(torch.zeros(2, 32, 48), torch.full((1, 16, 24), sure)))
        writer.commit(ChunkNotes(frames=2, confidence=[0.2, 1.0]))
    assert read_confidence(path) == {5: pytest.approx(0.2, abs=0.01), 6: 1.0}


def test_a_file_tells_it_by_frame(tmp_path: Path) -> None:
    path = tmp_path / "frames.json"
    path.write_text(json.dumps({"3": 0.5, "12": 1}))
    assert read_confidence(path) == {3: 0.5, 12: 1.0}


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text("[0.5, 0.2]")
    with pytest.raises(InputError, match=r"list\.json"):
        read_confidence(path)
    with pytest.raises(TrackError):
        read_confidence(tmp_path)


@pytest.mark.parametrize("value", ["true", '"0.5"', "1.5", "-1", "NaN", "1e999", "[]", "9" * 400, "9" * 5000])
def test_a_confidence_that_is_no_share_is_refused(tmp_path: Path, value: str) -> None:
    path = tmp_path / "frames.json"
    path.write_text(f'{{"3": {value}}}')
    with pytest.raises(InputError, match=r"frames\.json"):
        read_confidence(path)
