"""What lies in the picture's own stream and does not come through is named."""

from pathlib import Path
from types import SimpleNamespace

import av
import pytest

from kinemacolor.io import open_reader, probe
from kinemacolor.io.container import side_marks

CAPTION = bytes([0xFC, 0x94, 0x20])


def sei(payload: bytes, kind: int) -> bytes:
    """An SEI message of H.264 as a NAL unit with its start code."""
    return b"\0\0\0\1\x06" + bytes([kind, len(payload)]) + payload + b"\x80"


def captions() -> bytes:
    """Closed captions as ATSC A/53 puts them into user data."""
    return sei(b"\xb5\0\x31GA94\x03" + bytes([0xC1, 0xFF]) + CAPTION + b"\xff", 4)


def captioned(media: SimpleNamespace, folder: Path, ending: str, from_frame: int) -> Path:
    """A film with captions from one of its frames on."""
    bare = media.encode(folder / "bare.h264", codec="libx264", frames=6, options={"bf": "0", "x264-params": "aud=1"})
    units = bare.read_bytes().split(b"\0\0\0\1\x09")
    marked = [
        unit if number - 1 < from_frame else unit[:1] + captions() + unit[1:] for number, unit in enumerate(units)
    ]
    bare.write_bytes(b"\0\0\0\1\x09".join(marked))
    path = folder / f"captioned{ending}"
    with av.open(str(bare)) as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(packet for packet in source.demux() if packet.size):
            packet.pts = packet.dts = number * 48000
            packet.stream = stream
            container.mux(packet)
    return path


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("from_frame", [0, 3])
def test_captions_in_the_picture_are_named_as_left_out(
    media: SimpleNamespace, tmp_path: Path, ending: str, from_frame: int
) -> None:
    path = captioned(media, tmp_path, ending, from_frame)
    with open_reader(path) as reader:
        frames = list(reader)
    assert len(frames) == 6
    assert [("closed captions" in line, "Left out" in line) for line in reader.notes] == [(True, True)]
    assert reader.warnings == []


def test_a_film_without_marks_has_no_notes(media: SimpleNamespace, tmp_path: Path) -> None:
    path = media.encode(tmp_path / "a.mkv")
    with open_reader(path) as reader:
        assert list(reader)
    assert reader.notes == []
    with av.open(str(path)) as container:
        assert side_marks(next(container.decode(video=0)), "h264") == set()


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
@pytest.mark.parametrize("ending", [".webm", ".mkv"])
@pytest.mark.parametrize("has_alpha", [True, False])
def test_alpha_beside_the_picture_is_named_as_left_out(
    media: SimpleNamespace, tmp_path: Path, codec: str, ending: str, has_alpha: bool
) -> None:
    path = tmp_path / f"a{ending}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuva420p" if has_alpha else "yuv420p"
        stream.codec_context.options = {"auto-alt-ref": "0"}
        if has_alpha:
            stream.metadata["alpha_mode"] = "1"
        for index in range(3):
            container.mux(stream.encode(media.planar_frame(stream.pix_fmt, index, 48, 64)))
        container.mux(stream.encode(None))
    info = probe(path)
    assert info.alpha_beside == has_alpha
    assert any("alpha" in line for line in info.warnings) == has_alpha
