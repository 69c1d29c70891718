"""What lies in the picture's own stream, or beside it, comes through or is named."""

from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from kinemacolor.io import open_reader, probe
from kinemacolor.io.captions import CaptionCarrier
from kinemacolor.io.side_data import CAPTIONS, marks_in, side_data

CAPTION = bytes([0xFC, 0x94, 0x20])
AUD = {"bf": "0", "x264-params": "aud=1"}


def sei(payload: bytes, kind: int) -> bytes:
    """An SEI message of H.264 as a NAL unit with its start code."""
    return b"\0\0\0\1\x06" + bytes([kind, len(payload)]) + payload + b"\x80"


def captions() -> bytes:
    """Closed captions as ATSC A/53 puts them into user data."""
    return sei(b"\xb5\0\x31GA94\x03" + bytes([0xC1, 0xFF]) + CAPTION + b"\xff", 4)


def captioned(media: SimpleNamespace, folder: Path, ending: str, from_frame: int) -> Path:
    """A film with captions from one of its frames on."""
    bare = media.encode(folder / "bare.h264", codec="libx264", frames=6, size=(64, 64), options=AUD)
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


def captions_in(path: Path) -> list[bytes]:
    """The captions of each frame, by PyAV alone."""
    with av.open(str(path)) as container:
        return [
            b"".join(bytes(item) for item in frame.side_data if item.type.name == CAPTIONS)
            for frame in container.decode(video=0)
        ]


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".ts"])
@pytest.mark.parametrize("from_frame", [0, 3])
@pytest.mark.parametrize("codec", ["h264", "h265", "mpeg2"])
def test_captions_in_the_picture_are_kept(
    media: SimpleNamespace, tmp_path: Path, ending: str, from_frame: int, codec: str
) -> None:
    path = captioned(media, tmp_path, ending, from_frame)
    done = media.colored(path, tmp_path / f"out{ending}", codec=codec)
    assert captions_in(done.output) == [b""] * from_frame + [CAPTION] * (6 - from_frame)
    assert not any("caption" in line for line in (*done.writer.warnings, *done.reader.notes))


@pytest.mark.parametrize(("ending", "codec"), [(".mov", "prores"), (".mkv", "ffv1"), (".webm", "vp9"), ("", None)])
@pytest.mark.parametrize("from_frame", [0, 3])
def test_captions_that_the_output_cannot_hold_are_named(
    media: SimpleNamespace, tmp_path: Path, ending: str, codec: str | None, from_frame: int
) -> None:
    path = captioned(media, tmp_path, ".mp4", from_frame)
    done = media.colored(path, tmp_path / f"out{ending}", codec=codec)
    lines = [line for line in done.writer.warnings if "closed captions" in line]
    assert [line.startswith("Left out") for line in lines] == [True]


def test_captions_of_a_part_and_of_a_repeated_frame_are_its_own(media: SimpleNamespace, tmp_path: Path) -> None:
    path = captioned(media, tmp_path, ".mkv", 3)
    with open_reader(path, start=2, stop=5) as reader:
        assert [frame.captions for frame in reader] == [b"", CAPTION, CAPTION]


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "yuva444p"])
def test_a_burst_of_captions_is_spread_over_the_frames_after_it(pixel_format: str) -> None:
    carrier = CaptionCarrier((48, 64), pixel_format)
    triples = [bytes([0xFC, 0x20 + number, 0x40]) for number in range(70)]
    frames = [carrier.frame(b"".join(triples)), carrier.frame(b""), carrier.frame(triples[0]), carrier.frame(b"")]
    found = [None if frame is None else side_data(frame, "")[CAPTIONS] for frame in frames]
    assert found == [b"".join(triples[:31]), b"".join(triples[31:62]), b"".join([*triples[62:], triples[0]]), None]
    assert [(frame.format.name, frame.height, frame.width) for frame in frames[:3]] == [(pixel_format, 48, 64)] * 3


def test_a_film_without_marks_has_no_notes(media: SimpleNamespace, tmp_path: Path) -> None:
    path = media.encode(tmp_path / "a.mkv")
    with open_reader(path) as reader:
        assert list(reader)
    assert reader.notes == []
    with av.open(str(path)) as container:
        assert marks_in(side_data(next(container.decode(video=0)), "h264")) == set()


def with_alpha_beside(media: SimpleNamespace, path: Path, codec: str, *, has_alpha: bool = True) -> Path:
    """A film of three frames whose alpha, if any, lies beside its picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuva420p" if has_alpha else "yuv420p"
        stream.codec_context.options = {"auto-alt-ref": "0", "crf": "4", "b": "0"}
        if has_alpha:
            stream.metadata["alpha_mode"] = "1"
        for index in range(3):
            container.mux(stream.encode(media.planar_frame(stream.pix_fmt, index, 48, 64)))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
@pytest.mark.parametrize("ending", [".webm", ".mkv"])
@pytest.mark.parametrize("has_alpha", [True, False])
def test_alpha_beside_the_picture_is_read(
    media: SimpleNamespace, tmp_path: Path, codec: str, ending: str, has_alpha: bool
) -> None:
    path = with_alpha_beside(media, tmp_path / f"a{ending}", codec, has_alpha=has_alpha)
    info = probe(path)
    assert (info.has_alpha, info.alpha_beside, info.warnings) == (has_alpha, False, ())
    with open_reader(path) as reader:
        alphas = [frame.planes.alpha for frame in reader]
    assert [alpha is not None for alpha in alphas] == [has_alpha] * 3
    if has_alpha:
        wanted = media.noisy_luma(100, 48, 64, limited=False)
        assert np.abs(alphas[0].astype(int) - wanted).mean() < 8


@pytest.mark.parametrize(
    ("ending", "codec"), [(".mkv", "ffv1"), (".mov", "prores-4444"), (".webm", "vp9"), ("", None)]
)
def test_alpha_beside_the_picture_is_kept(
    media: SimpleNamespace, tmp_path: Path, ending: str, codec: str | None
) -> None:
    path = with_alpha_beside(media, tmp_path / "a.webm", "libvpx-vp9")
    done = media.colored(path, tmp_path / f"out{ending}", codec=codec)
    with open_reader(done.output) as reader, open_reader(path) as source:
        for made, own in zip(reader, source, strict=True):
            difference = made.planes.alpha / (2**made.planes.bits - 1) - own.planes.alpha / 255
            assert np.abs(difference).mean() < 0.02
    assert not any("alpha" in line for line in done.writer.warnings)


@pytest.mark.parametrize(("ending", "codec"), [(".mp4", "h264"), (".webm", "av1"), ("/%06d.jpg", None)])
def test_alpha_that_the_output_cannot_hold_is_named(
    media: SimpleNamespace, tmp_path: Path, ending: str, codec: str | None
) -> None:
    path = with_alpha_beside(media, tmp_path / "a.webm", "libvpx-vp9")
    done = media.colored(path, tmp_path / f"out{ending}", codec=codec)
    assert any("alpha" in line for line in done.writer.warnings)
    if codec is not None:
        with av.open(str(done.output)) as container:
            assert not any(name.lower() == "alpha_mode" for name in container.streams.video[0].metadata)


def test_alpha_beside_the_picture_is_named_where_libvpx_is_missing(
    media: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_alpha_beside(media, tmp_path / "a.webm", "libvpx-vp9")
    monkeypatch.setattr("kinemacolor.io.container._ALPHA_DECODERS", {"vp9": "no-such-decoder"})
    info = probe(path)
    assert info.alpha_beside
    assert any("Left out: the alpha" in line for line in info.warnings)
