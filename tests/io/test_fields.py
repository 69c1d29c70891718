"""Interlaced films stay marked as such: each frame, and the stream, with the right field first."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import pytest
from av.filter import Graph

from kinemacolor.io import probe


def interlaced(media: SimpleNamespace, path: Path, mode: str, codec: str = "mpeg2video", **settings: object) -> Path:
    """A film whose frames are marked, by FFmpeg's own filter."""
    pixel_format = str(settings.get("pixel_format", "yuv420p"))
    graph = Graph()
    source = graph.add_buffer(width=64, height=48, format=av.VideoFormat(pixel_format), time_base=Fraction(1, 25))
    marks, sink = graph.add("setparams", f"field_mode={mode}"), graph.add("buffersink")
    source.link_to(marks)
    marks.link_to(sink)
    graph.configure()

    def draw(index: int) -> av.VideoFrame:
        frame = media.planar_frame(pixel_format, index, 48, 64)
        frame.pts, frame.time_base = index, Fraction(1, 25)
        graph.push(frame)
        return graph.pull()

    flags = {"flags": "+ildct+ilme"} if codec != "ffv1" else {}
    order = {"tff": 2, "bff": 3}[mode]
    return media.encode(path, codec=codec, draw=draw, options=flags, tags={"field_order": order}, **settings)


def fields_of(path: Path) -> tuple[set[bool], int]:
    with av.open(str(path)) as container:
        marks = {bool(frame.interlaced_frame) for frame in container.decode(video=0)}
        return marks, probe(path).field_order


@pytest.mark.parametrize("mode", ["tff", "bff"])
@pytest.mark.parametrize(
    ("source", "output", "codec"),
    [
        ("a.mpg", "out.mp4", None),
        ("a.mpg", "out.mov", "prores"),
        ("a.ts", "out.mkv", "ffv1"),
        ("a.ts", "out.mkv", "h264"),
        ("a.mpg", "out.ts", "mpeg2"),
    ],
)
def test_fields_are_marked_as_in_the_source(
    media: SimpleNamespace, tmp_path: Path, mode: str, source: str, output: str, codec: str | None
) -> None:
    path = interlaced(media, tmp_path / source, mode)
    assert fields_of(path) == ({True}, {"tff": 2, "bff": 3}[mode])
    done = media.colored(path, tmp_path / output, codec=codec)
    assert fields_of(tmp_path / output) == fields_of(path)
    assert not any("cannot mark" in line for line in done.warnings)


@pytest.mark.parametrize(("output", "codec"), [("out.mp4", "av1"), ("out.webm", "vp9"), ("out.mov", "mjpeg")])
def test_a_codec_that_cannot_mark_fields_is_said_to(
    media: SimpleNamespace, tmp_path: Path, output: str, codec: str
) -> None:
    path = interlaced(media, tmp_path / "a.mpg", "tff")
    done = media.colored(path, tmp_path / output, codec=codec)
    assert any("cannot mark frames as interlaced" in line for line in done.warnings)


@pytest.mark.parametrize("mode", ["tff", "bff"])
def test_luma_of_interlaced_frames_is_untouched(media: SimpleNamespace, tmp_path: Path, mode: str) -> None:
    path = interlaced(media, tmp_path / "a.mkv", mode, codec="ffv1")
    media.colored(path, tmp_path / "out.mkv", codec="ffv1")
    pairs = zip(media.lumas_of(path), media.lumas_of(tmp_path / "out.mkv"), strict=True)
    assert all((before == after).all() for before, after in pairs)


def test_a_progressive_film_is_marked_so(media: SimpleNamespace, tmp_path: Path) -> None:
    path = media.encode(tmp_path / "a.mpg", codec="mpeg2video")
    media.colored(path, tmp_path / "out.mp4")
    assert fields_of(tmp_path / "out.mp4")[0] == {False}
