"""What an encoder or a container cannot store is told before the first frame, with what can."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import pytest

from kinemacolor.errors import CodecError
from kinemacolor.io import open_reader, open_writer


def refused(media: SimpleNamespace, folder: Path, output: str, codec: str, size: tuple[int, int], rate: str) -> str:
    """The words of the refusal, which comes before a frame is read and leaves nothing behind."""
    source = media.encode(folder / "source.mkv", size=size, frames=2, rate=Fraction(rate), pixel_format="gray")
    with (
        open_reader(source) as reader,
        pytest.raises(CodecError) as error,
        open_writer(folder / output, reader, codec=codec),
    ):
        pass
    assert [path.name for path in folder.iterdir()] == ["source.mkv"]
    return str(error.value)


@pytest.mark.parametrize(
    ("output", "codec", "size", "words"),
    [
        ("a.mov", "dnxhr", (100, 100), "dnxhd cannot store 100x100: its sides must be 256 or more across"),
        ("a.mp4", "h265", (48, 32), "64 or more across and 64 or more down"),
        ("a.mkv", "av1", (3, 3), "4 or more across"),
        ("a.mp4", "h264", (2, 16400), "libx264 cannot store 16400x2: its pictures have up to 16384x16384"),
        ("a.webm", "libvpx", (2, 16384), "up to 16383x16383"),
        ("a.mkv", "av1", (8706, 4), "up to 16384x8704"),
        ("a.mpg", "mpeg2", (2, 8200), "up to 8191x8191"),
        ("a.avi", "mpeg4", (8192, 2), "up to 8191x8191"),
        ("a.avi", "dv", (48, 64), "DV cannot store 64x48 at 25 frames a second: it has 720x576 at 25"),
        ("a.avi", "h261", (48, 64), "h261 cannot encode 64x48"),
    ],
)
def test_sizes_that_an_encoder_does_not_have_are_named(
    media: SimpleNamespace, tmp_path: Path, output: str, codec: str, size: tuple[int, int], words: str
) -> None:
    assert words in refused(media, tmp_path, output, codec, size, "25")


@pytest.mark.parametrize(
    ("output", "codec", "rate", "words"),
    [
        ("a.mxf", "prores", "18", "mxf cannot hold 18 frames a second"),
        ("a.mxf", "dnxhr", "16", "mxf cannot hold 16 frames a second"),
        ("a.mov", "av1", "25", "mov cannot hold av1"),
        ("a.mkv", "rawvideo", "25", "matroska cannot hold rawvideo"),
        ("a.mp4", "prores", "25", "mp4 cannot hold prores. Write it to .mov"),
        ("a.mov", "png", "25", "png stores no luma apart from the colors"),
        ("a.mp4", "gif", "25", "gif stores no luma apart from the colors"),
        ("a.mp4", "hap", "25", "There is no encoder 'hap' here. Use one of"),
        ("a.mp4", "h246", "25", "Did you mean h26"),
        ("a.mp4", "aac", "25", "'aac' does not encode video"),
        ("a.mp4", "h264_nvenc", "25", "needs the graphics card"),
    ],
)
def test_what_an_encoder_or_a_container_does_not_take_is_named(
    media: SimpleNamespace, tmp_path: Path, output: str, codec: str, rate: str, words: str
) -> None:
    if codec.endswith("_nvenc") and codec not in av.codecs_available:
        pytest.skip("this build of libav has no such encoder")
    assert words in refused(media, tmp_path, output, codec, (240, 320), rate)


@pytest.mark.parametrize(
    ("size", "rate", "pixel_format"), [((576, 720), "25", "yuv420p"), ((480, 720), "30000/1001", "yuv411p")]
)
def test_a_tape_is_written_for_its_country(
    media: SimpleNamespace, tmp_path: Path, size: tuple[int, int], rate: str, pixel_format: str
) -> None:
    source = media.encode(tmp_path / "a.mkv", size=size, frames=2, rate=Fraction(rate))
    done = media.colored(source, tmp_path / "a.avi", codec="dv")
    with av.open(str(done.output)) as container:
        frames = list(container.decode(video=0))
    assert [frame.format.name for frame in frames] == [pixel_format] * 2


@pytest.mark.parametrize(
    ("size", "stored"), [((17, 33), "4:4:4"), ((18, 33), "4:4:4"), ((17, 34), "4:2:2"), ((18, 34), "")]
)
def test_an_odd_size_that_few_players_show_is_said(
    media: SimpleNamespace, tmp_path: Path, size: tuple[int, int], stored: str
) -> None:
    source = media.encode(tmp_path / "a.mkv", size=size, frames=2, pixel_format="gray")
    done = media.colored(source, tmp_path / "a.mp4")
    lines = [line for line in done.warnings if "odd" in line]
    assert [stored in line for line in lines] == ([True] if stored else [])


@pytest.mark.parametrize("codec", ["h264", "mpeg2", "h265"])
@pytest.mark.parametrize("rate", ["18", "25"])
def test_a_transport_stream_of_two_frames_is_read_again(
    media: SimpleNamespace, tmp_path: Path, codec: str, rate: str
) -> None:
    source = media.encode(tmp_path / "a.mkv", size=(64, 64), frames=2, rate=Fraction(rate), draw=lambda _: plain())
    done = media.colored(source, tmp_path / "a.ts", codec=codec)
    with open_reader(done.output) as reader:
        assert len(list(reader)) == 2


def plain() -> av.VideoFrame:
    frame = av.VideoFrame(64, 64, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes([128]) * plane.buffer_size)
    return frame
