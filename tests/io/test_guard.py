"""What may come from anybody: lists that name other files, pipes, profiles, and damage that libav conceals."""

import gc
import os
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import create_autospec

import av
import cv2
import numpy as np
import pytest
from av.container import InputContainer
from PIL import Image, ImageCms

from kinemacolor.errors import InputError, KinemacolorError
from kinemacolor.io import open_reader, probe
from kinemacolor.io.guard import packets_in
from kinemacolor.io.regular import NoRegularFileError, read_regular, require_regular

LISTS = {
    "ffconcat": "ffconcat version 1.0\nfile neighbor.mkv\n",
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\nneighbour.mkv\n#EXT-X-ENDLIST\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    "mpd": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period></Period></MPD>',
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("name", ["list.mkv", "f_0000.png"])
def test_case_47_a_list_is_refused_before_what_it_names_is_opened(
    media: SimpleNamespace, tmp_path: Path, kind: str, name: str
) -> None:
    media.encode(tmp_path / "neighbor.mkv")
    (tmp_path / name).write_text(LISTS[kind])
    with pytest.raises(InputError):
        probe(tmp_path / name)


@pytest.mark.parametrize("kind", ["ffconcat", "m3u8"])
def test_case_47_a_list_that_names_a_pipe_does_not_wait_for_it(tmp_path: Path, kind: str) -> None:
    os.mkfifo(tmp_path / "neighbor.mkv")
    (tmp_path / "list.mkv").write_text(LISTS[kind])
    with pytest.raises(InputError):
        probe(tmp_path / "list.mkv")


@pytest.mark.parametrize("name", ["film.mkv", "f_0000.png", "still.tif"])
def test_a_named_pipe_is_no_film_and_no_picture(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(InputError):
        probe(tmp_path / name)


def test_only_regular_files_of_a_size_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for place in (tmp_path / "pipe", Path("/dev/zero"), tmp_path / "a\0b", tmp_path / ("a" * 300)):
        with pytest.raises(OSError, match=r"."):
            require_regular(place)
    require_regular(tmp_path / "none")
    assert read_regular(tmp_path / "link", limit_bytes=5) == b"12345"
    with pytest.raises(NoRegularFileError):
        read_regular(tmp_path / "link", limit_bytes=5, follow_links=False)
    with pytest.raises(NoRegularFileError, match="limit"):
        read_regular(tmp_path / "file", limit_bytes=4)


@pytest.mark.parametrize("name", ["a" * 300 + ".mkv", "a\0b.mkv", "a" * 300 + ".png"])
def test_case_19_a_name_that_no_file_can_have_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(KinemacolorError):
        probe(tmp_path / name)


def picture(path: Path, index: int, **options: object) -> None:
    levels = np.random.default_rng(index).integers(0, 256, (96, 128), dtype=np.uint8)
    Image.fromarray(levels).convert("RGB").save(path, **options)


@pytest.mark.process
@pytest.mark.parametrize("kind", ["png", "tif", "jpg", "webp"])
def test_case_19_pictures_with_a_color_profile_do_not_end_the_process(tmp_path: Path, kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for i in range(6):
        picture(tmp_path / f"f_{i}.{kind}", i, icc_profile=profile)
    code = "import sys, gc\nfrom kinemacolor.io import open_reader\nfor _ in range(3):\n"
    code += " print(sum(1 for frame in open_reader(sys.argv[1])))\n gc.collect()\n"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["6"] * 3


def test_case_19_a_film_of_pictures_with_a_profile_is_read(tmp_path: Path, media: SimpleNamespace) -> None:
    path = media.encode(tmp_path / "png.mov", codec="png", pixel_format="rgb24")
    for _ in range(3):
        assert probe(path).frames == 8
        gc.collect()


@pytest.mark.parametrize("cut", [0.5, 0.7, 0.95])
def test_case_05_a_picture_cut_off_is_named(tmp_path: Path, cut: float) -> None:
    for i in range(4):
        picture(tmp_path / f"f_{i}.jpg", i, quality=95)
    whole = open_reader(tmp_path)
    assert len(list(whole)) == 4
    assert whole.warnings == []
    for i in (1, 3):
        data = (tmp_path / f"f_{i}.jpg").read_bytes()
        (tmp_path / f"f_{i}.jpg").write_bytes(data[: int(cut * len(data))])
    reader = open_reader(tmp_path)
    assert len(list(reader)) == 4
    assert [f"f_{i}.jpg is damaged" in line for i, line in zip((1, 3), reader.warnings)] == [True, True]


def test_case_31_a_later_picture_that_claims_too_much_is_refused(tmp_path: Path) -> None:
    for i in range(2):
        cv2.imwrite(str(tmp_path / f"f_{i}.png"), np.zeros((8, 8), np.uint8))
    data = bytearray((tmp_path / "f_1.png").read_bytes())
    data[16:24] = (40000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    (tmp_path / "f_1.png").write_bytes(data)
    with pytest.raises(InputError, match="f_1"):
        probe(tmp_path)


@pytest.mark.parametrize("rate", ["1e99999999", "1e300", "1e-9", "9" * 400, "0", "-24", "nan", "inf", "1/99999999"])
def test_case_13_a_frame_rate_that_none_has_is_refused_at_once(tmp_path: Path, rate: str) -> None:
    picture(tmp_path / "f_0.png", 0)
    with pytest.raises(KinemacolorError, match="is no rate"):
        probe(tmp_path, frame_rate=rate)


@pytest.mark.parametrize("ending", [".mkv", ".webm"])
def test_case_05_a_hole_in_the_file_is_noticed_and_placed(
    tmp_path: Path, media: SimpleNamespace, ending: str
) -> None:
    codec = "ffv1" if ending == ".mkv" else "libvpx"
    path = media.encode(
        tmp_path / f"hole{ending}", frames=60, codec=codec, container_options={"cluster_time_limit": "200"}
    )
    whole = open_reader(path)
    list(whole)
    assert whole.warnings == []
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : 2 * len(data) // 3] = bytes(2 * len(data) // 3 - len(data) // 3)
    path.write_bytes(data)
    reader = open_reader(path)
    assert len(list(reader)) < 60
    assert any("the file is damaged" in line for line in reader.warnings)


@pytest.mark.parametrize("lacking", [1, 94, 187])
def test_case_04_a_transport_stream_cut_within_a_packet_is_noticed(
    tmp_path: Path, media: SimpleNamespace, lacking: int
) -> None:
    path = media.encode(tmp_path / "cut.ts", codec="mpeg2video", frames=40)
    whole = open_reader(path)
    list(whole)
    assert whole.warnings == []
    half = path.stat().st_size // 188 // 2 * 188
    path.write_bytes(path.read_bytes()[: half - lacking])
    reader = open_reader(path)
    list(reader)
    assert any("ends early" in line for line in reader.warnings)


@pytest.mark.parametrize("change", ["longer", "touched", "gone"])
def test_case_21_a_film_that_changes_while_it_is_read_is_noticed(
    tmp_path: Path, media: SimpleNamespace, change: str
) -> None:
    path = media.encode(tmp_path / "film.mkv", frames=20)
    reader = open_reader(path)
    frames = iter(reader)
    next(frames)
    if change == "longer":
        with path.open("ab") as file:
            file.write(b"\0")
    elif change == "touched":
        os.utime(path, (10**9, 10**9))
    else:
        path.unlink()
    list(frames)
    assert any("changed while it was read" in line for line in reader.warnings)


def test_a_film_whose_times_have_gaps_is_whole(tmp_path: Path, media: SimpleNamespace) -> None:
    times = [0, 40, 80, 900, 940, 3000, 3040, 3080]
    path = media.encode(tmp_path / "gaps.mkv", frames=8, time_base=Fraction(1, 1000), times=times)
    reader = open_reader(path)
    assert len(list(reader)) == 8
    assert reader.warnings == []


def test_a_stream_that_begins_in_the_middle_does_not_end_the_reading(media: SimpleNamespace, tmp_path: Path) -> None:
    """PyAV fails at the end of such a file: libav knows of more streams by then than it does."""
    noise = np.random.default_rng(0).integers(16, 236, (240, 320), np.uint8)

    def noisy(index: int) -> av.VideoFrame:
        frame = av.VideoFrame(320, 240, "yuv420p")
        media.fill(frame, (np.roll(noise, index, 1), *[np.full((120, 160), 128, np.uint8)] * 2))
        return frame

    def part(name: str, frames: int, **other: str) -> bytes:
        settings = {"codec": "mpeg2video", "options": {"qmin": "1", "qmax": "1", "g": "1"}, "draw": noisy}
        path = media.encode(tmp_path / name, size=(240, 320), frames=frames, container_options=other, **settings)
        return path.read_bytes()

    first, other = part("a.ts", 80), part("b.ts", 4, mpegts_start_pid="0x300", mpegts_pmt_start_pid="0x1100")
    assert len(first) > 5_000_000  # libav looks so far ahead when it opens a file
    source = tmp_path / "in.ts"
    source.write_bytes(first + other + first)
    with open_reader(source) as reader:
        assert sum(1 for _ in reader) == reader.info.frames == 160


def test_a_stream_that_pyav_does_not_know_is_told_when_all_packets_have_come() -> None:
    def demuxed(streams: object) -> Iterator[str]:
        yield from ("one", "two")
        raise IndexError("list index out of range")

    container = create_autospec(InputContainer, instance=True)
    container.demux.side_effect = demuxed
    told: list[str] = []
    packets = packets_in(container, (), late=lambda: told.append("late"))
    assert (next(packets), next(packets), told) == ("one", "two", [])
    assert list(packets) == []
    assert told == ["late"]
    assert list(packets_in(container, ())) == ["one", "two"]


def test_a_late_stream_is_said_to_be_left_out(
    media: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_late_stream(container: object, streams: object, *, late: Callable[[], object]) -> Iterator[object]:
        yield from packets_in(container, streams)
        late()

    source = media.encode(tmp_path / "in.mkv")
    assert not [line for line in probe(source).warnings if "begins in the middle" in line]
    monkeypatch.setattr("kinemacolor.io.timeline.packets_in", with_late_stream)
    assert [
        line for line in probe(source).warnings if line.startswith("Left out: a stream that begins in the middle")
    ]
