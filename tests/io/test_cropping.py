"""What a container says to cut off is said, and so are marks in the picture, before any frame is read."""

import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest

from kinemacolor.io import Film
from kinemacolor.io.cropping import Crop, crop_of

SIDES = {0x54BB: 0, 0x54AA: 1, 0x54CC: 2, 0x54DD: 3}


def with_pixel_crop(path: Path, crop: Crop) -> None:
    """Writes the crop into the video's part of a Matroska file, over a void of the same length."""
    data = path.read_bytes()
    marks = b"".join(struct.pack(">HBB", name, 0x81, crop[place]) for name, place in SIDES.items())
    tracks = data.index(b"\x16\x54\xae\x6b")
    video = data.index(b"\xe0", data.index(b"\x83\x81\x01", tracks))
    width = 9 - data[video + 1].bit_length()
    old = int.from_bytes(data[video + 1 : video + 1 + width], "big") & ((1 << 7 * width) - 1)
    end = video + 1 + width + old
    new = bytes([1 << 7 | (old + len(marks))]) if width == 1 else struct.pack(">Q", 1 << 56 | (old + len(marks)))
    grown = data[: video + 1] + new + data[video + 1 + width : end] + marks + data[end:]
    # the parts around it have lengths too: they are left open
    entry = grown.rindex(b"\xae", tracks, video)
    for place in (tracks + 4, entry + 1):
        size = 9 - grown[place].bit_length()
        grown = (
            grown[:place] + (bytes([0xFF]) if size == 1 else b"\x01" + b"\xff" * (size - 1)) + grown[place + size :]
        )
    path.write_bytes(grown)


@pytest.mark.parametrize("crop", [Crop(6, 6, 0, 0), Crop(0, 0, 8, 8), Crop(2, 0, 0, 4)])
def test_matroskas_crop_is_said(crop: Crop, media: SimpleNamespace, tmp_path: Path) -> None:
    path = media.encode(tmp_path / "film.mkv", frames=2)
    assert crop_of(path, 0, (48, 64)) is None
    assert not Film.open(path).info.warnings
    with_pixel_crop(path, crop)
    assert crop_of(path, 0, (48, 64)) == crop
    assert crop_of(path, 1, (48, 64)) is None


@pytest.mark.parametrize("crop", [Crop(6, 6, 0, 0), Crop(0, 0, 8, 8), Crop(2, 0, 0, 4)])
def test_quicktimes_clean_aperture_is_said(crop: Crop, tmp_path: Path) -> None:
    width, height = 64 - crop.left - crop.right, 48 - crop.top - crop.bottom
    across, down = crop.left - crop.right, crop.top - crop.bottom
    box = struct.pack(">I4s8i", 40, b"clap", width, 1, height, 1, across, 2, down, 2)
    (tmp_path / "a.mov").write_bytes(struct.pack(">I4s", 48, b"moov") + box)
    assert crop_of(tmp_path / "a.mov", 0, (48, 64)) == crop


@pytest.mark.parametrize("data", [b"", b"\x1a\x45\xdf\xa3", b"\x1a\x45\xdf\xa3\xff", b"\0\0\0\x08moovclap", b"RIFF"])
def test_what_is_cut_off_or_another_kind_says_nothing(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(data)
    assert crop_of(tmp_path / "a", 0, (48, 64)) is None


@pytest.mark.parametrize("start", [0, 2])
def test_a_reels_name_goes_with_its_timecode(start: int, media: SimpleNamespace, tmp_path: Path) -> None:
    def with_reel(container: Any) -> None:
        container.streams.video[0].metadata.update({"timecode": "01:00:00:00", "reel_name": "A012C003"})

    path = media.encode(tmp_path / "a.mov", codec="prores_ks", pixel_format="yuv422p10le", prepare=with_reel)
    media.colored(path, tmp_path / "out.mov", codec="prores", start=start)
    with av.open(str(tmp_path / "out.mov")) as container:
        (data,) = (stream for stream in container.streams if stream.type == "data")
        assert data.metadata["reel_name"] == "A012C003"
        assert data.metadata["timecode"] == f"01:00:00:0{start}"
