"""Sound of channels without names reaches containers that want them named, each channel by itself."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

SECONDS = 0.25


def film_with_sound(media: SimpleNamespace, path: Path, channels: int, codec: str) -> Path:
    """A film with unnamed channels in which only the last one sounds."""
    bare = media.encode(path.with_name("bare.mkv"), codec="libx264", frames=7)
    count = int(48000 * SECONDS)
    dtype, full = {"pcm_s16le": ("<i2", 8000), "pcm_f32le": ("<f4", 0.25), "pcm_s24le": ("<i4", 1 << 22)}[codec]
    samples = np.zeros((count, channels), dtype)
    samples[:, -1] = (np.sin(np.arange(count) * 0.05) * full).astype(dtype)
    data = samples.tobytes()
    if codec == "pcm_s24le":
        data = samples.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    with av.open(str(bare)) as source, av.open(str(path), "w") as container:
        film = container.add_stream_from_template(source.streams.video[0])
        sound = container.add_stream(codec, rate=48000)
        sound.layout = f"{channels} channels" if channels > 2 else {1: "mono", 2: "stereo"}[channels]
        for packet in source.demux():
            if packet.size:
                packet.stream = film
                container.mux(packet)
        packet = av.Packet(data)
        packet.stream, packet.time_base, packet.pts, packet.dts = sound, Fraction(1, 48000), 0, 0
        packet.duration = count
        container.mux(packet)
    return path


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize(("output", "codec"), [("out.mp4", "pcm_s16le"), ("out.webm", "pcm_s16le")])
def test_channels_without_names_come_through(
    media: SimpleNamespace, tmp_path: Path, channels: int, output: str, codec: str
) -> None:
    source = film_with_sound(media, tmp_path / "a.mkv", channels, codec)
    done = media.colored(source, tmp_path / output)
    with av.open(str(tmp_path / output)) as container:
        found = container.streams.audio[0].channels
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert found == channels or any("mixed to" in line for line in done.warnings)
    assert samples == pytest.approx(48000 * SECONDS, abs=2048)


@pytest.mark.parametrize("codec", ["pcm_s16le", "pcm_s24le", "pcm_f32le"])
def test_channels_stay_apart(media: SimpleNamespace, tmp_path: Path, codec: str) -> None:
    source = film_with_sound(media, tmp_path / "a.mkv", 4, codec)
    media.colored(source, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        packed = av.AudioResampler("s16", "4.0", 48000)
        parts = [part for frame in container.decode(audio=0) for part in packed.resample(frame)]
        samples = np.concatenate([part.to_ndarray()[0] for part in parts]).reshape(-1, 4)
    levels = np.abs(samples.astype(float)).mean(0)
    assert levels[3] > 20 * levels[:3].max()


@pytest.mark.parametrize("channels", [4, 6, 8])
def test_where_the_usual_encoder_knows_two_channels_another_is_taken(
    media: SimpleNamespace, tmp_path: Path, channels: int
) -> None:
    source = film_with_sound(media, tmp_path / "a.mkv", channels, "pcm_s24le")
    done = media.colored(source, tmp_path / "out.mpg")
    assert any("so ac3" in line and ("mixed to" in line) == (channels > 6) for line in done.warnings)
