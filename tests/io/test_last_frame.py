"""The last frame is shown as long as in the source, and times past it are counted on by the rate."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import pytest

from kinemacolor.errors import ExemplarIndexError, SettingError
from kinemacolor.io import Film, exemplars

MILLISECOND = Fraction(1, 1000)


@pytest.fixture
def held(media: SimpleNamespace, tmp_path: Path) -> Path:
    """Five frames, of which the last is shown for two seconds."""
    path = tmp_path / "held.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = MILLISECOND
        for index, time in enumerate((0, 40, 80, 200, 240)):
            frame = media.planar_frame("yuv420p", index, 48, 64)
            frame.pts, frame.time_base = time, MILLISECOND
            for packet in stream.encode(frame):
                packet.duration = 2000 if time == 240 else packet.duration
                container.mux(packet)
    return path


@pytest.mark.parametrize(
    ("name", "codec"), [("out.mkv", "h264"), ("out.mp4", "h264"), ("out.mov", "prores"), ("out.mkv", "ffv1")]
)
def test_the_last_frames_duration_is_kept(
    name: str, codec: str, held: Path, media: SimpleNamespace, tmp_path: Path
) -> None:
    assert Film.open(held).info.last_frame_seconds == 2
    media.colored(held, tmp_path / name, codec=codec)
    info = Film.open(tmp_path / name).info
    assert info.last_frame_seconds == 2
    with av.open(str(tmp_path / name)) as container:
        assert abs(container.duration / 1e6 - 2.24) < 0.002


def test_an_excerpt_does_not_hold_its_last_frame(held: Path, media: SimpleNamespace, tmp_path: Path) -> None:
    media.colored(held, tmp_path / "out.mkv", codec="ffv1", stop=3)
    assert Film.open(tmp_path / "out.mkv").info.last_frame_seconds == Fraction(1, 25)


@pytest.mark.parametrize(
    ("place", "frame"), [("2.2s", 4), ("00:00:02.24", 5), ("00:00:11.2", 25), ("00:00:00:07", 7)]
)
def test_a_time_past_the_end_counts_on_as_fast_as_the_film_is(place: str, frame: int, held: Path) -> None:
    assert Film.open(held).frame_at(place) == frame  # 5 frames in 2.24 s


@pytest.mark.parametrize(("ending", "codec"), [("mkv", "ffv1"), ("mp4", "libx264"), ("avi", "mpeg4")])
def test_ten_seconds_of_two_frames_is_frame_250(
    ending: str, codec: str, media: SimpleNamespace, tmp_path: Path
) -> None:
    film = Film.open(media.encode(tmp_path / f"film.{ending}", codec=codec, frames=2, rate=25))
    assert film.frame_at("00:00:10") == 250
    with pytest.raises(SettingError, match=r"past the end: .* has 2 frames \(0.080 s\)"):
        film.span("00:00:10")
    still = tmp_path / "still.png"
    with pytest.raises(ExemplarIndexError, match=r"bound to 00:00:10, which would be frame 250, .* \(0.080 s\)"):
        exemplars.load([f"{still}@00:00:10"], frames=2, frame_at=film.frame_at, length=film.length)
    with pytest.raises(ExemplarIndexError) as found:  # a time is no number that counts from 1
        exemplars.load([f"{still}@00:00:00.08"], frames=2, frame_at=film.frame_at, length=film.length)
    assert "count from 1" not in str(found.value)
