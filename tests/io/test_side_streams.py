"""Sound, subtitles, chapters, attachments, metadata: what lies beside the film reaches the output."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from kinemacolor.io import probe

FONT = bytes(range(256)) * 8
LINES = [(100, 400, "Hello"), (700, 200, "<i>there</i>"), (1500, 300, "Second\nline")]


def rich_film(media: SimpleNamespace, path: Path, *, subtitles: str = "subrip") -> Path:
    """A film of 2 s with two sounds, subtitles, chapters, a font, tags and dispositions."""
    is_mkv = path.suffix == ".mkv"
    with av.open(str(path), "w") as container:
        container.metadata.update({"title": "A film", "comment": "Made by a test"})
        film = container.add_stream("libx264", rate=25)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        film.codec_context.time_base = Fraction(1, 25)
        sounds = [container.add_stream("aac", rate=48000) for _ in range(2)]
        for sound, language, flags in zip(sounds, ("eng", "fra"), (Disposition.default, Disposition.comment)):
            sound.metadata["language"] = language
            sound.disposition = flags
        text = container.add_stream(subtitles)
        text.metadata["language"] = "deu"
        text.disposition = Disposition.forced
        text.codec_context.subtitle_header = b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\n\n[Events]\n"
        text.codec_context.time_base = text.time_base = Fraction(1, 1000)
        if is_mkv:
            container.add_attachment("font.ttf", "application/x-truetype-font", FONT)
        container.set_chapters(
            [
                {"id": 1, "start": 0, "end": 800, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}},
                {"id": 2, "start": 800, "end": 2000, "time_base": Fraction(1, 1000), "metadata": {"title": "Two"}},
            ]
        )
        container.start_encoding()
        _mux_pictures_and_sound(media, container, film, sounds)
        for start, length, line in LINES:
            container.mux(_subtitle(text, start, length, line, subtitles))
    return path


def _mux_pictures_and_sound(media: SimpleNamespace, container: Any, film: Any, sounds: list[Any]) -> None:
    for index in range(50):
        frame = media.planar_frame("yuv420p", index, 48, 64)
        frame.pts = index
        container.mux(film.encode(frame))
    container.mux(film.encode(None))
    for pitch, sound in enumerate(sounds):
        for start in range(0, 96000, 1024):
            wave = np.sin(np.arange(start, start + 1024) * 0.03 * (pitch + 1)).astype(np.float32) * 0.3
            frame = av.AudioFrame.from_ndarray(np.stack((wave, wave)), "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = 48000, start, Fraction(1, 48000)
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))


def _subtitle(stream: Any, start: int, length: int, line: str, codec: str) -> av.Packet:
    plain = line.encode()
    data = len(plain).to_bytes(2, "big") + plain if codec == "mov_text" else plain
    if codec == "ass":
        data = b"0,0,Default,,0,0,0,," + plain.replace(b"\n", b"\\N")
    packet = av.Packet(data)
    packet.stream, packet.time_base = stream, Fraction(1, 1000)
    packet.pts = packet.dts = start
    packet.duration = length
    return packet


def payloads(path: Path, kind: str, index: int = 0) -> list[tuple[bytes, Fraction]]:
    with av.open(str(path)) as container:
        stream = getattr(container.streams, kind)[index]
        return [(bytes(p), p.pts * p.time_base) for p in container.demux(stream) if p.size]


@pytest.mark.parametrize("ending", ["mkv", "mp4", "mov"])
def test_everything_beside_the_film_is_copied_exactly(media: SimpleNamespace, tmp_path: Path, ending: str) -> None:
    subtitles = "subrip" if ending == "mkv" else "mov_text"
    source = rich_film(media, tmp_path / f"in.{ending}", subtitles=subtitles)
    done = media.colored(source, tmp_path / f"out.{ending}")
    output = tmp_path / f"out.{ending}"
    for kind, count in (("audio", 2), ("subtitles", 1)):
        for index in range(count):
            assert payloads(output, kind, index) == payloads(source, kind, index)
    before, after = probe(source), probe(output)
    assert [chapter.title for chapter in after.chapters] == ["One", "Two"]
    assert after.chapters == before.chapters
    with av.open(str(source)) as a, av.open(str(output)) as b:
        assert b.metadata["title"] == "A film"
        kept = [stream for stream in a.streams if stream.type != "data"]
        assert [s.type for s in b.streams if s.type != "data"] == [s.type for s in kept]
        for old, new in zip(kept, (s for s in b.streams if s.type != "data")):
            assert new.language == old.language
            assert new.disposition == old.disposition
    if ending == "mkv":
        with av.open(str(output)) as container:
            assert container.streams.attachments[0].data == FONT
            assert container.streams.attachments[0].name == "font.ttf"
        assert not done.warnings
    assert all("data stream" in text for text in done.warnings)


def test_data_streams_are_left_out_with_a_line(media: SimpleNamespace, tmp_path: Path) -> None:
    """MP4 keeps chapter titles in a data stream that no muxer takes back."""
    source = rich_film(media, tmp_path / "in.mp4", subtitles="mov_text")
    assert any(stream.kind == "data" for stream in probe(source).streams)
    done = media.colored(source, tmp_path / "out.mp4")
    assert any("Left out: data stream" in text for text in done.warnings)


@pytest.mark.parametrize(
    ("codec", "source", "output", "target"),
    [("subrip", "in.mkv", "out.mp4", "mov_text"), ("ass", "in.mkv", "out.mov", "mov_text"),
     ("mov_text", "in.mp4", "out.mkv", "subrip"), ("subrip", "in.mkv", "out.webm", "webvtt")],
)  # fmt: skip
def test_text_subtitles_are_converted_where_the_container_changes(
    media: SimpleNamespace, tmp_path: Path, codec: str, source: str, output: str, target: str
) -> None:
    rich_film(media, tmp_path / source, subtitles=codec)
    done = media.colored(tmp_path / source, tmp_path / output)
    assert any("Converted: subtitle stream 3 (deu); " in text and target in text for text in done.warnings)
    with av.open(str(tmp_path / output)) as container:
        stream = container.streams.subtitles[0]
        packets = [packet for packet in container.demux(stream) if packet.size and bytes(packet).strip(b"\0")]
        times = [(packet.pts * packet.time_base, packet.duration * packet.time_base) for packet in packets]
    assert times == [(Fraction(start, 1000), Fraction(length, 1000)) for start, length, _ in LINES]
    assert [word in bytes(packet) for word, packet in zip((b"Hello", b"there", b"Second"), packets)] == [True] * 3


@pytest.mark.parametrize(
    ("sound", "ending", "target"),
    [
        ("aac", "webm", "opus"),
        ("pcm_s16le", "webm", "opus"),
        ("libopus", "mov", "aac"),
        ("flac", "mov", "pcm_s24le"),
        ("libopus", "avi", "mp3"),
        ("flac", "ts", "aac"),
        ("pcm_s16le", "mp4", "aac"),
        ("aac", "mxf", "pcm_s16le"),
        ("libopus", "flv", "aac"),
    ],
)
def test_sound_that_a_container_refuses_is_encoded_again_and_said(
    media: SimpleNamespace, tmp_path: Path, sound: str, ending: str, target: str
) -> None:
    source = media.encode(tmp_path / "in.mkv", frames=50, size=(128, 256), sound=sound)
    done = media.colored(source, tmp_path / f"out.{ending}")
    assert any("Re-encoded: audio stream 1" in text for text in done.warnings)
    with av.open(str(tmp_path / f"out.{ending}")) as container:
        assert container.streams.audio[0].codec_context.codec.canonical_name == target
        frames = list(container.decode(audio=0))
    parts = [frame.to_ndarray() for frame in frames]
    scale = np.iinfo(parts[0].dtype).max if parts[0].dtype.kind == "i" else 1
    wave = np.concatenate([part.reshape(-1)[: frame.samples] for part, frame in zip(parts, frames)]) / scale
    assert abs(len(wave) / 48000 - 2) < 0.05
    assert 0.15 < np.abs(wave[4800:-4800]).max() < 0.4


def test_pcm_and_flac_and_opus_are_copied_where_they_fit(media: SimpleNamespace, tmp_path: Path) -> None:
    for sound, ending in (
        ("pcm_s16le", "mov"),
        ("flac", "mkv"),
        ("libopus", "webm"),
        ("libopus", "mp4"),
        ("aac", "ts"),
    ):
        source = media.encode(tmp_path / f"{sound}.mkv", frames=50, size=(64, 64), sound=sound)
        media.colored(source, tmp_path / f"{sound}.{ending}" if ending != "mkv" else tmp_path / "out.mkv")
        output = tmp_path / f"{sound}.{ending}" if ending != "mkv" else tmp_path / "out.mkv"
        before = [data for data, _ in media.packets_of(source, "audio")]
        after = [data for data, _ in media.packets_of(output, "audio")]
        if ending == "ts":
            assert len(after) == len(before)
        elif sound == "pcm_s16le":
            assert b"".join(after) == b"".join(before)
        else:
            assert after == before


def test_excerpt_begins_at_zero_and_cuts_the_rest_to_fit(media: SimpleNamespace, tmp_path: Path) -> None:
    source = rich_film(media, tmp_path / "in.mkv")
    media.colored(source, tmp_path / "out.mkv", start=15, stop=37)
    assert media.times_of(tmp_path / "out.mkv") == [Fraction(index, 25) for index in range(22)]
    sound = payloads(tmp_path / "out.mkv", "audio")
    original = payloads(source, "audio")
    assert {data for data, _ in sound} <= {data for data, _ in original}
    assert 0 <= sound[0][1] < Fraction(3, 100)
    assert Fraction(84, 100) < sound[-1][1] < Fraction(88, 100)
    assert payloads(tmp_path / "out.mkv", "subtitles")[0] == (b"<i>there</i>", Fraction(1, 10))
    assert len(payloads(tmp_path / "out.mkv", "subtitles")) == 1
    chapters = probe(tmp_path / "out.mkv").chapters
    assert [(c.title, float(c.start_seconds)) for c in chapters] == [("One", 0.0), ("Two", 0.2)]


def test_copied_packets_lie_among_the_pictures_and_not_at_the_end(media: SimpleNamespace, tmp_path: Path) -> None:
    source = rich_film(media, tmp_path / "in.mkv")
    media.colored(source, tmp_path / "out.mkv")
    with av.open(str(tmp_path / "out.mkv")) as container:
        order = [packet.stream.type for packet in container.demux() if packet.size]
    half = len(order) // 2
    assert 0.3 < order[:half].count("audio") / order.count("audio") < 0.7


def test_film_without_anything_beside_it_gives_only_a_film(media: SimpleNamespace, tmp_path: Path) -> None:
    source = media.encode(tmp_path / "in.mkv")
    done = media.colored(source, tmp_path / "out.mkv")
    assert not done.warnings
    assert not probe(tmp_path / "out.mkv").streams


def test_cover_picture_stays_in_mp4_and_is_named_where_it_is_left_out(media: SimpleNamespace, tmp_path: Path) -> None:
    import cv2

    source = tmp_path / "in.mp4"
    jpeg = cv2.imencode(".jpg", np.zeros((16, 16, 3), np.uint8))[1].tobytes()
    with av.open(str(source), "w") as container:
        film = container.add_stream("libx264", rate=25)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        film.codec_context.open()
        cover = container.add_mux_stream("mjpeg", width=16, height=16)
        cover.disposition = Disposition.attached_pic
        container.start_encoding()
        for index in range(3):
            frame = media.planar_frame("yuv420p", index, 48, 64)
            frame.pts = index
            container.mux(film.encode(frame))
        container.mux(film.encode(None))
        packet = av.Packet(jpeg)
        packet.stream, packet.pts, packet.dts = cover, 0, 0
        container.mux(packet)
    assert (probe(source).height, probe(source).width) == (48, 64)
    media.colored(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        covers = [s for s in container.streams.video if s.disposition & Disposition.attached_pic]
        assert len(covers) == 1
    done = media.colored(source, tmp_path / "out.mkv")
    assert any("a cover picture" in text for text in done.warnings)
