"""y4m on stdin and stdout, neither of them seekable (case 20)."""

import io
import os
import sys
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kinemacolor.errors import CodecError, NotAVideoError
from kinemacolor.io import open_reader, probe


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Makes bytes arrive on stdin through a real pipe."""
    threads = []

    def feed(data: bytes) -> None:
        reading, writing = os.pipe()

        def pump() -> None:
            with os.fdopen(writing, "wb") as file:
                try:
                    file.write(data)
                except BrokenPipeError:
                    return

        threads.append(threading.Thread(target=pump))
        threads[-1].start()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(os.fdopen(reading, "rb")))

    yield feed
    sys.stdin.close()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("name", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p12le", "gray"])
def test_case_20_y4m_from_a_pipe_keeps_luma_times_and_depth(
    media: SimpleNamespace, tmp_path: Path, piped: object, name: str
) -> None:
    source = media.encode(tmp_path / "in.mkv", pixel_format=name, frames=4, rate=Fraction(24000, 1001))
    raw = media.encode(
        tmp_path / "in.y4m", codec="wrapped_avframe", pixel_format=name, frames=4, rate=Fraction(24000, 1001),
        container_options={"strict": "-1"},
    )  # fmt: skip
    piped(raw.read_bytes())
    info = probe("-")
    assert info.frame_rate == Fraction(24000, 1001)
    assert (info.width, info.height) == (64, 48)
    with open_reader("-") as reader:
        frames = list(reader)
    assert [frame.seconds for frame in frames] == [index * Fraction(1001, 24000) for index in range(4)]
    for frame, want in zip(frames, media.lumas_of(source), strict=True):
        np.testing.assert_array_equal(frame.planes.y, want)


def test_case_20_full_range_mark_is_read(media: SimpleNamespace, tmp_path: Path, piped: object) -> None:
    raw = media.encode(tmp_path / "in.y4m", codec="wrapped_avframe", tags={"color_range": 2}, frames=1)
    piped(raw.read_bytes())
    assert probe("-").full_range


def test_case_20_film_to_a_pipe_and_back_keeps_luma(
    media: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piped: object
) -> None:
    source = media.encode(tmp_path / "in.mkv", pixel_format="yuv420p10le", frames=4)

    class Pipe(io.RawIOBase):
        """Takes bytes and cannot seek."""

        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)
            return len(bytes(data))

    sink = Pipe()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=sink))
    done = media.colored(source, "-")
    monkeypatch.undo()
    assert done.writer.layout.pixel_format == "yuv420p10le"
    copy = tmp_path / "copy.y4m"
    copy.write_bytes(sink.data)
    for got, want in zip(media.lumas_of(copy), media.lumas_of(source), strict=True):
        np.testing.assert_array_equal(got, want)


def test_chroma_siting_survives_a_pipe(
    media: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piped: object
) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1)
    assert probe(source).chroma_location == "left"
    sink = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=sink))
    done = media.colored(source, "-", pixel_format="yuv420p")
    assert done.writer.layout.left_sited
    assert b"C420mpeg2" in sink.getvalue()[:80]
    piped(sink.getvalue())
    assert probe("-").chroma_location == "left"


def test_case_20_what_is_no_y4m_is_named(piped: object) -> None:
    piped(b"<html><body>no film</body></html>")
    with pytest.raises(NotAVideoError, match="not y4m: it looks like HTML text"):
        probe("-")


def test_case_20_empty_pipe_is_named(piped: object) -> None:
    piped(b"")
    with pytest.raises(NotAVideoError, match="not y4m: it looks like nothing"):
        probe("-")


def test_pipe_takes_no_other_codec(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=1)
    with pytest.raises(CodecError, match="cannot hold h264"):
        media.colored(source, "-", codec="h264")
