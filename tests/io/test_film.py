"""Bad and odd inputs, and what probe says of them."""

import json
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from PIL import Image

from kinemacolor.errors import InputError, NotAVideoError, NoVideoStreamError, TruncatedError
from kinemacolor.io import Film, open_reader, probe


def test_case_01_empty_file_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.touch()
    with pytest.raises(TruncatedError, match=r"empty.mp4 is empty \(0 bytes\)"):
        probe(path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"<!DOCTYPE html><html><body>404</body></html>", "HTML text"), (b"hello\nworld\n" * 99, "plain text"),
     (b"%PDF-1.7 ...", "a PDF document"), (b'{"error": 1}', "JSON text"), (b"\0" * 5000, "zeros only")],
)  # fmt: skip
def test_case_02_text_renamed_to_mkv_is_named_for_what_it_is(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "page.mkv"
    path.write_bytes(content)
    with pytest.raises(NotAVideoError, match=f"not a video: it looks like {kind}"):
        probe(path)


def test_case_03_mp4_without_moov_is_called_truncated(media: SimpleNamespace, tmp_path: Path) -> None:
    whole = media.encode(tmp_path / "whole.mp4", codec="libx264", frames=30)
    cut = tmp_path / "cut.mp4"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    with pytest.raises(TruncatedError, match=r"truncated: it has no index \(moov\); at least \d+ bytes are missing"):
        probe(cut)


def test_case_03_mp4_without_its_head_is_an_input_error(media: SimpleNamespace, tmp_path: Path) -> None:
    whole = media.encode(tmp_path / "whole.mp4", codec="libx264", frames=30)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[100:])
    with pytest.raises(InputError, match=r"cut\.mp4"):
        probe(cut)


def test_case_04_truncated_mkv_gives_every_decodable_frame_and_says_how_many(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    whole = media.encode(tmp_path / "whole.mkv", frames=60)
    cut = tmp_path / "cut.mkv"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 6 // 10])
    expected = media.lumas_of(whole)
    with open_reader(cut) as reader:
        lumas = [frame.planes.y for frame in reader]
    assert 30 <= len(lumas) <= 40
    for got, want in zip(lumas, expected):
        np.testing.assert_array_equal(got, want)
    assert any(f"ends early: {len(lumas)} of about 60 frames" in text for text in reader.warnings)
    assert any("bytes are missing" in text for text in probe(cut).warnings)


def test_case_04_mp4_cut_behind_its_index_gives_what_is_there(media: SimpleNamespace, tmp_path: Path) -> None:
    options = {"movflags": "faststart"}
    whole = media.encode(tmp_path / "whole.mp4", codec="mpeg4", frames=60, container_options=options)
    cut = tmp_path / "cut.mp4"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    with av.open(str(whole)) as container:
        there = sum(p.pos + p.size <= len(data) // 2 for p in container.demux(video=0) if p.size)
    with open_reader(cut) as reader:
        count = sum(1 for _ in reader)
    assert there <= count <= there + 1
    assert any(f"{count} of about 60 frames" in text for text in reader.warnings)


def test_case_05_damaged_packets_hold_the_frame_before_and_keep_every_time(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    whole = media.encode(tmp_path / "whole.mkv", frames=60, options={"g": "1", "level": "3", "slicecrc": "1"})
    with av.open(str(whole)) as container:
        spots = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(whole.read_bytes())
    for index in (20, 21, 40):
        position, size = spots[index]
        data[position + 8 : position + size] = bytes(byte ^ 0x5A for byte in data[position + 8 : position + size])
    bad = tmp_path / "bad.mkv"
    bad.write_bytes(data)
    expected = media.lumas_of(whole)
    with open_reader(bad) as reader:
        frames = list(reader)
    assert [frame.seconds for frame in frames] == media.times_of(whole)
    assert [frame.index for frame in frames] == list(range(60))
    good = [i for i, frame in enumerate(frames) if np.array_equal(frame.planes.y, expected[i])]
    assert len(good) >= 57
    assert any("damaged" in text for text in reader.warnings)


def test_case_06_sound_only_is_no_film(media: SimpleNamespace, tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(NoVideoStreamError, match="no film: only audio"):
        probe(path)


def _jpeg() -> bytes:
    import cv2

    return cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1].tobytes()


def test_case_06_cover_picture_only_is_no_film(tmp_path: Path) -> None:
    path = tmp_path / "cover.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        stream.codec_context.open()
        container.add_mux_stream("mjpeg", width=16, height=16).disposition = av.stream.Disposition.attached_pic
        container.start_encoding()
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        packet = av.Packet(_jpeg())
        packet.stream, packet.pts, packet.dts = container.streams[1], 0, 0
        container.mux(packet)
    with pytest.raises(NoVideoStreamError, match="a cover picture"):
        probe(path)


@pytest.mark.parametrize("chosen", [0, 1])
def test_case_06_of_two_films_the_default_one_is_taken_and_said(
    media: SimpleNamespace, tmp_path: Path, chosen: int
) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        for index, size in enumerate(((48, 64), (32, 40))):
            stream = container.add_stream("ffv1", rate=25)
            stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
            stream.disposition = av.stream.Disposition.default if index == chosen else 0
        for frame in range(3):
            for stream in container.streams:
                picture = media.planar_frame("yuv420p", frame, stream.height, stream.width)
                picture.pts = frame
                container.mux(stream.encode(picture))
        for stream in container.streams:
            container.mux(stream.encode(None))
    info = probe(path)
    assert (info.height, info.width) == ((48, 64), (32, 40))[chosen]
    assert any(f"has 2 video streams. Stream {chosen} is taken" in text for text in info.warnings)
    done = media.colored(path, tmp_path / "out.mkv")
    assert any("a second film" in text for text in done.warnings)


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov"])
def test_case_07_very_short_films_keep_their_frames(
    media: SimpleNamespace, tmp_path: Path, frames: int, ending: str
) -> None:
    source = media.encode(tmp_path / f"short.{ending}", codec="libx264", frames=frames)
    media.colored(source, tmp_path / f"out.{ending}")
    assert media.times_of(tmp_path / f"out.{ending}") == media.times_of(source)
    assert probe(tmp_path / f"out.{ending}").frames == frames


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.mp4 does not exist"):
        probe(tmp_path / "none.mp4")


def test_case_47_playlist_that_names_other_files_is_refused(media: SimpleNamespace, tmp_path: Path) -> None:
    media.encode(tmp_path / "a.ts", codec="mpeg2video")
    path = tmp_path / "list.m3u8"
    path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(InputError):
        probe(path)


def test_case_22_metadata_in_another_encoding_is_not_fatal(media: SimpleNamespace, tmp_path: Path) -> None:
    def tag(container: av.container.OutputContainer) -> None:
        container.metadata["title"] = "XXXXXXXX"

    path = media.encode(tmp_path / "sjis.mkv", prepare=tag)
    path.write_bytes(path.read_bytes().replace(b"XXXXXXXX", "映画です".encode("shift_jis")))
    assert probe(path).frames == 8
    media.colored(path, tmp_path / "out.mkv")


def test_names_with_percent_colon_quotes_and_emoji_are_read_and_written(
    media: SimpleNamespace, tmp_path: Path
) -> None:
    made = media.encode(tmp_path / "plain.mkv")
    source = made.rename(tmp_path / "a:b 100%d 'ü' 🎬.mkv")
    output = tmp_path / "ä:ö %04d 🎨.mkv"
    media.colored(source, output)
    assert output.stat().st_size > 0


def test_probe_describes_and_gives_json(media: SimpleNamespace, tmp_path: Path) -> None:
    path = media.encode(
        tmp_path / "film.mkv",
        codec="libx264",
        rate=Fraction(24000, 1001),
        sound="aac",
        frames=24,
        tags={"colorspace": 1},
    )
    info = probe(path)
    plain = json.loads(json.dumps(info.as_dict()))
    assert plain["frame_rate"] == "24000/1001"
    assert plain["frames"] == 24
    assert plain["frames_exact"] is True
    assert plain["streams"][0]["kind"] == "audio"
    assert "24000/1001" in info.describe()
    assert "bt709" in info.describe()


def test_size_that_changes_midway_is_an_error(media: SimpleNamespace, tmp_path: Path) -> None:
    first = media.encode(tmp_path / "a.ts", codec="mpeg2video", size=(64, 64), options={"bf": "0"})
    second = media.encode(tmp_path / "b.ts", codec="mpeg2video", size=(96, 128), options={"bf": "0"})
    joined = tmp_path / "ab.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    with (
        open_reader(joined) as reader,
        pytest.raises(InputError, match="128x96, but the film began as 64x64") as told,
    ):
        for _ in reader:
            pass
    frames = int(str(told.value).partition("--end ")[2].partition(",")[0])
    assert frames > 5
    with open_reader(joined, stop=frames) as reader:
        assert len(list(reader)) == frames


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Reel 3_00005.tif", 5),
        ("reel 3.0005.png", None),  # its own number says it
        ("reel 3-0005_v2.png", 5),
        ("reel 3_00086400.tif", None),
        ("reel 3_2.png", None),
        ("reel 4_00005.png", None),
    ],
)
def test_a_number_behind_the_films_name_is_a_frame(
    media: SimpleNamespace, tmp_path: Path, name: str, place: int | None
) -> None:
    assert Film.open(media.encode(tmp_path / "reel 3.mkv")).place_of(name) == place


@pytest.mark.parametrize(
    ("first", "name", "place"),
    [
        (1001, "shot_1008.png", 7),  # the name of the picture that was painted over
        (1001, "shot_1008 copy.tif", 7),
        (1001, "ref_1008.png", 7),  # past the end, so a picture's number
        (86400, "ref_086401.png", 1),
        (0, "ref_3.png", None),
        (1001, "portrait.png", None),
    ],
)
def test_a_still_may_be_named_as_the_picture_of_a_sequence(
    tmp_path: Path, first: int, name: str, place: int | None
) -> None:
    for number in range(first, first + 10):
        Image.new("L", (32, 24), number % 256).save(tmp_path / f"shot_{number:04d}.png")
    assert Film.open(tmp_path).place_of(name) == place
