"""Films joined from parts whose clocks start again: one clock, no gap, sound beside its picture."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from kinemacolor.io import Film

FRAMES = 30


def part(media: SimpleNamespace, path: Path, *, start: int, sound: str | None, between: int = 0) -> bytes:
    """A part of 1.2 s that begins at frame ``start`` of its clock; with a click at the beginning of its sound."""
    with av.open(str(path), "w") as container:
        film = container.add_stream("mpeg2video", rate=25)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        film.codec_context.options = {"bf": str(between), "g": "6"}
        audio = container.add_stream(sound, rate=48000) if sound else None
        for index in range(FRAMES):
            frame = media.planar_frame("yuv420p", index, 48, 64)
            frame.pts = start + index
            container.mux(film.encode(frame))
            if audio is not None and index % 3 == 0:
                _add_sound(container, audio, start + index, 3)
        container.mux(film.encode(None))
        if audio is not None:
            container.mux(audio.encode(None))
    return path.read_bytes()


def _add_sound(container: av.container.OutputContainer, audio: av.AudioStream, first: int, frames: int) -> None:
    for place in range(frames * 1920 // 1152):
        wave = np.zeros((1, 2304), np.int16)
        piece = av.AudioFrame.from_ndarray(wave, "s16", "stereo")
        piece.sample_rate, piece.time_base = 48000, Fraction(1, 48000)
        piece.pts = first * 1920 + place * 1152
        container.mux(audio.encode(piece))


def expected_times(parts: list[Path]) -> list[Fraction]:
    """The parts' own times, each part after the one before it."""
    times: list[Fraction] = []
    for path in parts:
        with Film.open(path).frames() as reader:
            own = [frame.seconds for frame in reader]
        begin = times[-1] + Fraction(1, 25) - own[0] if times else -own[0]
        times += [begin + time for time in own]
    return times


@pytest.mark.parametrize("ending", [".ts", ".mpg", ".vob"])
@pytest.mark.parametrize("starts", [(0, 0), (500, 0), (0, 1000), (0, 900, 50)])
@pytest.mark.parametrize("between", [0, 2])
def test_a_clock_that_starts_again_is_unrolled(
    media: SimpleNamespace, tmp_path: Path, ending: str, starts: tuple[int, ...], between: int
) -> None:
    path = tmp_path / f"joined{ending}"
    parts = [tmp_path / f"{i}{ending}" for i in range(len(starts))]
    path.write_bytes(
        b"".join(part(media, each, start=start, sound="mp2", between=between) for each, start in zip(parts, starts))
    )
    film = Film.open(path)
    with film.frames() as reader:
        times = [frame.seconds for frame in reader]
    assert [time - times[0] for time in times] == expected_times(parts)
    assert [time * film.info.time_base for time in film.timeline.times] == times
    assert film.frame_at(times[40] - times[0]) == 40
    assert any("clock starts again" in line for line in film.info.warnings)


@pytest.mark.parametrize(("ending", "second"), [(".ts", 0), (".mpg", 1000), (".vob", 0)])
@pytest.mark.parametrize("output", ["out.mp4", "out.mkv"])
def test_sound_stays_beside_its_picture(
    media: SimpleNamespace, tmp_path: Path, ending: str, second: int, output: str
) -> None:
    path = tmp_path / f"joined{ending}"
    parts = [part(media, tmp_path / f"{i}{ending}", start=start, sound="mp2") for i, start in enumerate((0, second))]
    path.write_bytes(b"".join(parts))
    media.colored(path, tmp_path / output)
    shown = media.times_of(tmp_path / output)
    heard = [float(time) for _, time in media.packets_of(tmp_path / output, "audio")]
    of_one_part = len(media.packets_of(tmp_path / f"0{ending}", "audio"))
    assert len(shown) == 2 * FRAMES
    before, after = (float(shown[FRAMES * i]) - heard[of_one_part * i] for i in range(2))
    assert after == pytest.approx(before, abs=0.003)
    assert all(a < b for a, b in pairwise(heard))


@pytest.mark.parametrize("gap", [20, 4000])
def test_a_leap_in_a_container_that_gives_each_time_is_meant(
    media: SimpleNamespace, tmp_path: Path, gap: int
) -> None:
    path = media.encode(tmp_path / "slides.mkv", frames=4, times=[0, 1, 2, 2 + gap])
    film = Film.open(path)
    assert film.info.restarts == ()
    assert media.times_of(path)[-1] == Fraction(2 + gap, 25)
