"""What headers say, where containers say it badly: rates of bare streams, times in AVI."""

import struct
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from kinemacolor.io import Film, open_reader, probe


@pytest.mark.parametrize(
    ("name", "codec", "size", "pixel_format", "rate"),
    [
        ("tape.dv", "dvvideo", (576, 720), "yuv420p", Fraction(25)),
        ("tape.dv", "dvvideo", (480, 720), "yuv411p", Fraction(30000, 1001)),
        ("bare.h264", "libx264", (48, 64), "yuv420p", Fraction(24)),
        ("bare.h264", "libx264", (48, 64), "yuv420p", Fraction(30000, 1001)),
        ("bare.m2v", "mpeg2video", (48, 64), "yuv420p", Fraction(24000, 1001)),
        ("few.mkv", "libx264", (48, 64), "yuv420p", Fraction(18)),
        ("slow.avi", "libx264", (48, 64), "yuv420p", Fraction(16)),
    ],
)
def test_a_film_has_the_rate_that_its_codec_or_container_says(
    media: SimpleNamespace,
    tmp_path: Path,
    name: str,
    codec: str,
    size: tuple[int, int],
    pixel_format: str,
    rate: Fraction,
) -> None:
    path = media.encode(tmp_path / name, codec=codec, size=size, pixel_format=pixel_format, rate=rate, frames=3)
    film = Film.open(path)
    assert film.info.frame_rate == rate
    assert film.frame_at(2 / rate) == 2
    with film.frames() as reader:
        times = [frame.seconds for frame in reader]
    assert [time - times[0] for time in times] == pytest.approx([0, 1 / rate, 2 / rate], abs=0.001)


def test_a_bare_tape_becomes_a_film_of_its_rate(media: SimpleNamespace, tmp_path: Path) -> None:
    tape = media.encode(tmp_path / "tape.dv", codec="dvvideo", size=(576, 720), frames=3)
    media.colored(tape, tmp_path / "out.mp4")
    assert media.times_of(tmp_path / "out.mp4") == [0, Fraction(1, 25), Fraction(2, 25)]


def test_a_stream_that_says_no_rate_is_said_to_have_none(media: SimpleNamespace, tmp_path: Path) -> None:
    path = media.encode(tmp_path / "bare.mjpeg", codec="mjpeg", pixel_format="yuvj420p", rate=16)
    assert any("says no frame rate. 25 frames a second are assumed" in line for line in Film.open(path).info.warnings)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
@pytest.mark.parametrize("between", [0, 2])
def test_frames_of_an_avi_have_times_that_rise(
    media: SimpleNamespace, tmp_path: Path, codec: str, between: int
) -> None:
    path = media.encode(tmp_path / "old.avi", codec=codec, frames=12, options={"bf": str(between)})
    with open_reader(path) as reader:
        times = [frame.seconds for frame in reader]
    assert [time - times[0] for time in times] == [Fraction(i, 25) for i in range(12)]


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
@pytest.mark.parametrize("rate", ["18", "24", Fraction(25)])
def test_a_frame_rate_on_a_film_is_the_one_that_it_gets(
    media: SimpleNamespace, tmp_path: Path, name: str, rate: str | Fraction
) -> None:
    path = media.encode(tmp_path / name, codec="libx264")
    for look in (Film.open, probe, open_reader):
        seen = look(path, frame_rate=rate)
        assert getattr(seen, "info", seen).frame_rate == Fraction(rate)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.m1v", "mpeg1video", {"g": "5"}),
        ("a.m2v", "mpeg2video", {"bf": "2", "g": "9"}),
        ("a.h264", "libx264", {"bf": "2"}),
        ("a.mjpeg", "mjpeg", {}),
    ],
)
def test_frames_of_a_bare_stream_follow_each_other_evenly(
    media: SimpleNamespace, tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    kind = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    film = Film.open(media.encode(tmp_path / name, codec=codec, pixel_format=kind, frames=24, options=options))
    with film.frames() as reader:
        assert [frame.seconds for frame in reader] == [Fraction(number, 25) for number in range(24)]
    assert [film.frame_at(Fraction(number, 25)) for number in range(24)] == list(range(24))


@pytest.mark.parametrize("scale", [(1, 60000), (1, 2000)])
@pytest.mark.parametrize("sound", [None, "pcm_s16le"])
def test_an_impossible_clock_in_the_header_of_an_avi_is_not_believed(
    media: SimpleNamespace, tmp_path: Path, scale: tuple[int, int], sound: str | None
) -> None:
    path = media.encode(tmp_path / "a.avi", codec="mpeg4", frames=12, sound=sound)
    data = bytearray(path.read_bytes())
    place = data.index(b"strh") + 28  # dwScale and dwRate of the picture
    data[place : place + 8] = struct.pack("<II", *scale)
    path.write_bytes(data)
    film = Film.open(path)
    assert film.info.frame_rate == 25
    assert any("which is wrong. 25 a second are assumed" in line for line in film.info.warnings)
    assert film.info.pace == 1  # its sound fits as it is
    with film.frames() as reader:
        assert [frame.seconds for frame in reader] == [Fraction(number, 25) for number in range(12)]
    assert Film.open(path, frame_rate="18").info.frame_rate == 18


def test_a_film_of_many_frames_a_second_is_believed(media: SimpleNamespace, tmp_path: Path) -> None:
    info = probe(media.encode(tmp_path / "a.mkv", rate=960, frames=12))
    assert (info.assumed_rate, info.warnings) == (None, ())
