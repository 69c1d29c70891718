"""Frame rate and timecode in the headers of scans."""

import struct
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from kinemacolor.io import Film
from kinemacolor.io.scan_times import ScanTimes, scan_times_of

UNDEFINED = 0xFFFFFFFF


def write_dpx(
    path: Path, *, order: str = ">", film: float | None = None, television: float | None = None, code: int = UNDEFINED
) -> Path:
    """A picture of 64x48 in 10 bits, with what its header says of times."""
    head = bytearray(b"\xff" * 2048)
    struct.pack_into(f"{order}4sI8sII", head, 0, b"SDPX" if order == ">" else b"XPDS", 2048, b"V1.0", 2048 + 12288, 1)
    struct.pack_into(f"{order}HHII", head, 768, 0, 1, 64, 48)
    struct.pack_into(f"{order}IIfIfBBBBHHI", head, 780, 0, 0, 0.0, 1023, 2.0, 50, 2, 2, 10, 1, 0, 2048)
    for place, rate in ((1724, film), (1940, television)):
        if rate is not None:
            struct.pack_into(f"{order}f", head, place, rate)
    struct.pack_into(f"{order}I", head, 1920, code)
    levels = (np.arange(48 * 64, dtype=np.uint32).reshape(48, 64) % 800) + 64
    words = levels << 22 | levels << 12 | levels << 2
    path.write_bytes(bytes(head) + words.astype(f"{order}u4").tobytes())
    return path


@pytest.mark.parametrize(
    ("header", "rate"),
    [
        ({"film": 18.0}, Fraction(18)),
        ({"film": 23.976, "order": "<"}, Fraction(24000, 1001)),
        ({"television": 25.0}, Fraction(25)),
        ({"television": 29.97003}, Fraction(30000, 1001)),
        ({"film": 0.0, "television": 16.667}, Fraction(16667, 1000)),
        ({"film": float("inf")}, None),
        ({}, None),
    ],
)
def test_the_rate_of_a_dpx_is_read(header: dict, rate: Fraction | None, tmp_path: Path) -> None:
    assert scan_times_of(write_dpx(tmp_path / "a.dpx", **header)).frame_rate == rate


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0x01020304, "01:02:03:04"),
        (0x10000052, "10:00:00;12"),
        (0xFF020304, None),
        (0x017A0304, None),
        (UNDEFINED, None),
    ],
)
def test_the_timecode_of_a_dpx_is_read(code: int, text: str | None, tmp_path: Path) -> None:
    for order in "<>":
        assert scan_times_of(write_dpx(tmp_path / "a.dpx", order=order, code=code)).timecode == text


def attribute(name: str, kind: str, value: bytes) -> bytes:
    return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value


def test_the_attributes_of_an_exr_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    rate = attribute("framesPerSecond", "rational", struct.pack("<iI", 24000, 1001))
    code = attribute("timeCode", "timecode", struct.pack("<II", 0x09080706, 0))
    path.write_bytes(b"v/1\x01\2\0\0\0" + attribute("owner", "string", b"x") + code + rate + b"\0")
    assert scan_times_of(path) == ScanTimes(Fraction(24000, 1001), "09:08:07:06")


@pytest.mark.parametrize("rest", [b"", b"\2\0\0\0name\0", b"\2\0\0\0a\0b\0\xff\xff\xff\xff"])
@pytest.mark.parametrize("magic", [b"SDPX", b"XPDS", b"v/1\x01"])
def test_a_header_cut_off_says_nothing(magic: bytes, rest: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(magic + rest)
    assert scan_times_of(tmp_path / "a") == ScanTimes()


def test_a_sequence_of_scans_has_its_own_rate_and_timecode(media: SimpleNamespace, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(6):
        write_dpx(folder / f"reel.{1001 + number:07}.dpx", film=18.0, code=0x01000000 + number)
    film = Film.open(folder)
    assert (film.info.frame_rate, film.info.timecode) == (18, "01:00:00:00")
    assert Film.open(folder, frame_rate="16").info.frame_rate == 16
    media.colored(folder, tmp_path / "out.mov", codec="prores", start=2)
    with av.open(str(tmp_path / "out.mov")) as container:
        assert container.streams.video[0].metadata["timecode"] == "01:00:00:02"
        assert container.streams.video[0].average_rate == 18
