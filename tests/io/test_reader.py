"""A reader gives the same frame for a number, wherever it starts."""

import gc
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from kinemacolor.io import FrameReader, VideoReader, open_reader
from kinemacolor.io.seek import WORTHWHILE_FRAMES

SAMPLE = Path(__file__).parents[2] / "examples" / "sample"
OPEN_GOP = {"bf": "3", "g": "30", "x264-params": "open-gop=1"}


@pytest.mark.parametrize(
    ("codec", "ending", "options"),
    [
        ("libx264", "mp4", {"bf": "3", "g": "40"}), ("libx264", "mkv", OPEN_GOP), ("libx264", "mp4", OPEN_GOP),
        ("libx265", "mkv", {"x265-params": "log-level=error:keyint=40"}), ("mpeg4", "avi", {"bf": "2", "g": "25"}),
        ("ffv1", "mkv", {}), ("libvpx-vp9", "webm", {"g": "30"}), ("mpeg2video", "ts", {"bf": "2"}),
    ],
)  # fmt: skip
def test_frames_after_a_start_are_those_of_the_whole_film(
    media: SimpleNamespace, tmp_path: Path, codec: str, ending: str, options: dict[str, str]
) -> None:
    source = media.encode(tmp_path / f"in.{ending}", codec=codec, frames=170, size=(64, 64), options=options)
    with open_reader(source) as reader:
        whole = list(reader)
    assert len(whole) == 170
    for start in (1, WORTHWHILE_FRAMES, 118, 119, 121, 150, 169):
        with open_reader(source, start=start, stop=start + 3) as reader:
            part = list(reader)
        assert [frame.index for frame in part] == list(range(start, min(start + 3, 170)))
        for frame in part:
            assert frame.seconds == whole[frame.index].seconds
            np.testing.assert_array_equal(frame.planes.y, whole[frame.index].planes.y)


def test_start_past_the_end_gives_no_frame(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=5)
    with open_reader(source, start=9) as reader:
        assert list(reader) == []


def test_excerpt_from_late_in_a_film_keeps_its_sound(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mp4", codec="libx264", frames=200, sound="aac")
    media.colored(source, tmp_path / "out.mp4", start=150, stop=175)
    assert media.times_of(tmp_path / "out.mp4") == [Fraction(index, 25) for index in range(25)]
    sound = media.packets_of(tmp_path / "out.mp4", "audio")
    original = [data for data, _ in media.packets_of(source, "audio")]
    place = original.index(sound[0][0])
    assert [data for data, _ in sound] == original[place : place + len(sound)]
    assert abs(len(sound) * 1024 / 48000 - 1) < 0.05


def test_readers_share_one_face(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1)
    with VideoReader(str(source)) as reader:
        assert isinstance(reader, FrameReader)


def test_case_05_damage_at_the_very_end_keeps_the_frame_count(media: SimpleNamespace, tmp_path: Path) -> None:
    options = {"g": "1", "level": "3", "slicecrc": "1"}
    source = media.encode(tmp_path / "in.mkv", frames=20, options=options)
    times = media.times_of(source)
    with av.open(str(source)) as container:
        spots = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(source.read_bytes())
    for position, size in (spots[10], spots[-1]):
        data[position + 8 : position + size] = bytes(byte ^ 0x5A for byte in data[position + 8 : position + size])
    source.write_bytes(data)
    with open_reader(source) as reader:
        frames = list(reader)
    assert [frame.seconds for frame in frames] == times
    assert any("damaged" in text for text in reader.warnings)


def test_decoded_frames_go_without_the_collector() -> None:
    """A frame and its side data that hold each other would be megabytes each until Python looks for cycles."""
    gc.collect()
    before = _frames_held()
    gc.disable()
    try:
        with open_reader(SAMPLE / "bw.mp4") as reader:
            assert sum(1 for _ in reader) == 120
        assert sum(frame not in before for frame in _frames_held()) <= 2
    finally:
        gc.enable()


def _frames_held() -> list[av.VideoFrame]:
    """The decoded frames that anything in the process holds."""
    return [each for each in gc.get_objects() if type(each) is av.VideoFrame]
