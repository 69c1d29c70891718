from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from kinemacolor.errors import SettingError
from kinemacolor.frames import Shot
from kinemacolor.io import Film
from kinemacolor.io.position import Timecode, parse_position
from kinemacolor.io.timeline import frame_by_rate


def write_at(path: Path, milliseconds: list[int]) -> Path:
    """A film whose frames appear at these times."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "gray"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, time in enumerate(milliseconds):
            frame = av.VideoFrame.from_ndarray(np.full((24, 32), 10 * number, np.uint8), format="gray")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


@pytest.fixture
def uneven(tmp_path: Path) -> Film:
    """Frames of 40 ms but for one that stands for two seconds."""
    return Film.open(write_at(tmp_path / "uneven.mkv", [0, 40, 80, 2080, 2120]))


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("3", 3),
        ("0.04", 1),
        ("00:00:00.079", 1),
        ("00:00:01.9", 2),  # the mean rate would say frame 4
        ("2.0796s", 3),  # within the rounding of a time with three decimals
        ("2.0794s", 2),
        ("00:00:02:01", 3),
    ],
)
def test_a_time_means_the_frame_that_is_shown_then(uneven: Film, text: str, frame: int) -> None:
    assert uneven.frame_at(text) == frame


def test_a_time_after_the_last_frame_lies_past_the_end(uneven: Film) -> None:
    assert uneven.frame_at(Fraction(3)) == 6
    assert uneven.span("0.04", "00:00:02.08") == Shot(1, 3)
    with pytest.raises(SettingError, match="past the end"):
        uneven.span("00:00:05")


def test_times_count_from_the_first_frame(tmp_path: Path) -> None:
    film = Film.open(write_at(tmp_path / "late.mkv", [5000, 5040, 5080, 5120]))
    assert film.frame_at("0.08") == 2


def test_a_film_is_probed_once(uneven: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    real = av.open
    monkeypatch.setattr(av, "open", lambda *words, **more: opened.append(words) or real(*words, **more))
    with uneven.frames(Shot(1, 4)) as reader:
        numbers = [frame.index for frame in reader]
    uneven.frame_at("0.08")
    assert numbers == [1, 2, 3]
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("123", 123),
        ("0.5", Fraction(1, 2)),
        ("62.5s", Fraction(125, 2)),
        ("1:02", 62),
        ("00:01:02.5", Fraction(125, 2)),
        ("00:01:02:12", Timecode(62, 12)),
        ("00:01:02;12", Timecode(62, 12)),
        ("soon", None),
    ],
)
def test_positions_are_read(text: str, position: object) -> None:
    assert parse_position(text) == position


def test_a_rounded_time_of_a_constant_rate_names_its_own_frame() -> None:
    for rate in (Fraction(24000, 1001), Fraction(25), Fraction(60)):
        assert all(frame_by_rate(Fraction(round(i / rate * 1000), 1000), rate) == i for i in range(500))


@pytest.mark.parametrize("text", ["9" * 5000, "9" * 19, "1:" + "9" * 5000, "0." + "1" * 5000, "1:1:1:" + "9" * 30])
def test_a_number_of_more_digits_than_any_film_has_is_no_place(text: str) -> None:
    assert parse_position(text) is None
