"""Timecode: of an excerpt it is that of the frame with which it begins."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import pytest

from kinemacolor.io.timecode import timecode_after

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("code", "frames", "rate", "after"),
    [
        ("01:00:00:00", 25, Fraction(25), "01:00:01:00"),
        ("01:00:00:00", 0, Fraction(25), "01:00:00:00"),
        ("00:00:59:23", 1, Fraction(24000, 1001), "00:01:00:00"),
        ("00:00:59;29", 1, NTSC, "00:01:00;02"),  # 00:01:00;00 and ;01 are no drop-frame codes
        ("00:09:59;29", 1, NTSC, "00:10:00;00"),
        ("01:00:00;00", 17982, NTSC, "01:10:00;00"),  # ten minutes of drop-frame code
        ("00:00:59;59", 1, 2 * NTSC, "00:01:00;04"),
        ("23:59:59:24", 1, Fraction(25), "00:00:00:00"),
        ("23:59:59;29", 1, NTSC, "00:00:00;00"),
        ("hello", 5, Fraction(25), None),
    ],
)
def test_a_timecode_some_frames_later(code: str, frames: int, rate: Fraction, after: str | None) -> None:
    assert timecode_after(code, frames, rate) == after


def test_every_drop_frame_code_of_twenty_minutes_follows_the_one_before() -> None:
    codes = [timecode_after("00:00:00;00", number, NTSC) for number in range(20 * 1800)]
    assert len(set(codes)) == len(codes)
    assert codes == sorted(codes)
    assert not any(code.endswith((":00;00", ":00;01")) and code[4] != "0" for code in codes)


@pytest.mark.parametrize(
    ("source", "output", "rate", "code", "start", "expected"),
    [
        ("a.mov", "out.mov", Fraction(25), "01:00:00:00", 25, "01:00:01:00"),
        ("a.mov", "out.mov", NTSC, "00:00:59;20", 10, "00:01:00;02"),
        ("a.mov", "out.mp4", Fraction(24), "10:00:00:00", 30, "10:00:01:06"),
        ("a.mkv", "out.mkv", Fraction(25), "01:00:00:00", 5, "01:00:00:05"),
        ("a.mov", "out.mov", Fraction(25), "01:00:00:00", 0, "01:00:00:00"),
    ],
)
def test_an_excerpt_begins_with_its_own_timecode(
    media: SimpleNamespace,
    tmp_path: Path,
    source: str,
    output: str,
    rate: Fraction,
    code: str,
    start: int,
    expected: str,
) -> None:
    def prepare(container: av.container.OutputContainer) -> None:
        container.streams.video[0].metadata["timecode"] = code

    path = media.encode(tmp_path / source, codec="libx264", frames=36, rate=rate, prepare=prepare)
    done = media.colored(path, tmp_path / output, start=start)
    with av.open(str(tmp_path / output)) as container:
        tags = {name.lower(): value for name, value in container.streams.video[0].metadata.items()}
    assert tags["timecode"] == expected
    assert not any("Left out" in line for line in done.warnings)


def test_a_container_without_a_place_for_timecode_is_said_to_have_none(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    def prepare(container: av.container.OutputContainer) -> None:
        container.streams.video[0].metadata["timecode"] = "01:00:00:00"

    path = media.encode(tmp_path / "a.mov", codec="libx264", prepare=prepare)
    done = media.colored(path, tmp_path / "out.ts")
    assert any("Left out: the timecode (01:00:00:00)" in line for line in done.warnings)
