"""Frames from all over a film are those of these numbers, and are found without decoding any twice."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kinemacolor.frames import Shot
from kinemacolor.io import open_reader
from kinemacolor.io.film import Film
from kinemacolor.io.glimpses import glimpses


@pytest.mark.parametrize(
    ("codec", "ending", "options"),
    [
        ("libx264", "mp4", {"bf": "3", "g": "250", "sc_threshold": "0"}),
        ("libx264", "mkv", {"bf": "3", "g": "30", "x264-params": "open-gop=1"}),
        ("mpeg4", "avi", {"bf": "2", "g": "25"}),
        ("mpeg2video", "ts", {"bf": "2", "g": "300"}),
        ("libx264", "ts", {"bf": "3", "g": "12"}),
        ("mpeg2video", "mpg", {"bf": "2", "g": "15"}),
        ("mpeg1video", "mpg", {"g": "300"}),
        ("mpeg2video", "m2v", {"bf": "2"}),
        ("libx264", "h264", {"bf": "3"}),
        ("ffv1", "mkv", {"g": "1"}),
    ],
)
def test_each_is_the_frame_of_its_number(
    media: SimpleNamespace, tmp_path: Path, codec: str, ending: str, options: dict[str, str]
) -> None:
    source = media.encode(tmp_path / f"in.{ending}", codec=codec, frames=170, size=(64, 64), options=options)
    with open_reader(source) as reader:
        whole = {frame.index: frame.planes.y for frame in reader}
    found = list(glimpses(Film.open(source), Shot(0, 170)))
    assert [frame.index for frame in found] == list(range(0, 170, 7))
    for frame in found:
        np.testing.assert_array_equal(frame.planes.y, whole[frame.index])


def test_a_part_has_as_many(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mp4", codec="libx264", frames=170, size=(64, 64))
    assert [frame.index for frame in glimpses(Film.open(source), Shot(100, 150))] == list(range(100, 150, 2))
    assert [frame.index for frame in glimpses(Film.open(source), Shot(160, 170))] == list(range(160, 170))


def test_after_a_clock_starts_again_they_are_those_of_their_numbers(media: SimpleNamespace, tmp_path: Path) -> None:
    parts = [media.encode(tmp_path / f"{n}.ts", codec="mpeg2video", frames=90, size=(64, 64)) for n in range(2)]
    source = tmp_path / "in.ts"
    source.write_bytes(b"".join(part.read_bytes() for part in parts))
    film = Film.open(source)
    assert film.info.restarts
    with open_reader(source) as reader:
        whole = {frame.index: frame.planes.y for frame in reader}
    found = list(glimpses(film, Shot(30, 180)))
    assert [frame.index for frame in found] == list(range(30, 180, 6))
    for frame in found:
        np.testing.assert_array_equal(frame.planes.y, whole[frame.index])


def test_no_frame_is_decoded_twice(media: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = media.encode(tmp_path / "in.mp4", codec="libx264", frames=170, options={"g": "250", "sc_threshold": "0"})
    film = Film.open(source)
    decoded = []

    def counted(frames, most):
        for frame, _ in zip(frames, range(most)):
            decoded.append(frame.pts)
            yield frame

    monkeypatch.setattr("kinemacolor.io.glimpses.islice", counted)
    assert len(list(glimpses(film, Shot(0, 170)))) == 25
    assert len(decoded) == len(set(decoded)) <= 170
