"""Film in video of 30 frames a second is told, and what is done with it, before the work."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from kinemacolor.frames import Shot
from kinemacolor.io import Film
from kinemacolor.io.telecine import FieldWatch

VIDEO_RATE = Fraction(30000, 1001)
INTERLACED = {"flags": "+ildct+ilme", "q": "3"}


def picture(index: float) -> np.ndarray:
    """A picture that moves: a wave and a bar."""
    y, x = np.mgrid[0:120, 0:160]
    bar = ((x - 5 * index) % 160 < 16) * 50
    return (
        (128 + 50 * np.sin(x / 17 + index / 3) + 40 * np.sin(y / 11 - index / 5) + bar).clip(16, 235).astype(np.uint8)
    )


def frame_of(media: SimpleNamespace, luma: np.ndarray) -> av.VideoFrame:
    frame = av.VideoFrame(160, 120, "yuv420p")
    media.fill(frame, [luma, *[np.full((60, 80), 128, np.uint8)] * 2])
    return frame


def woven(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """A frame whose fields are of two pictures."""
    frame = upper.copy()
    frame[1::2] = lower[1::2]
    return frame


def pulled_down(frames: int) -> list[np.ndarray]:
    """Five frames of video for four of film."""
    found = []
    for first in range(0, frames, 4):
        a, b, c, d = (picture(first + number) for number in range(4))
        found += [a, b, woven(b, c), woven(c, d), d]
    return found


def hard(
    media: SimpleNamespace, path: Path, codec: str = "mpeg2video", options: dict[str, str] | None = None
) -> Path:
    """Video into which film was pulled down."""
    lumas = pulled_down(40)
    return media.encode(
        path, codec=codec, size=(120, 160), rate=VIDEO_RATE, frames=len(lumas),
        options=INTERLACED if options is None else options, draw=lambda index: frame_of(media, lumas[index]),
    )  # fmt: skip


def soft(media: SimpleNamespace, path: Path, frames: int = 24) -> Path:
    """Film in MPEG-2 whose pictures say that every second one is to be shown for three fields."""
    bare = media.encode(
        path.with_suffix(".m2v"), codec="mpeg2video", size=(120, 160), rate=VIDEO_RATE, frames=frames,
        options={"g": "12", "bf": "0"}, draw=lambda index: frame_of(media, picture(index)),
    )  # fmt: skip
    with av.open(str(bare)) as source, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        shown = 0
        for number, packet in enumerate(packet for packet in source.demux() if packet.size):
            lasts = 2 + (number % 2 == 0)
            marked = av.Packet(_with_repeats(bytes(packet), upper_first=shown % 2 == 0, repeats=lasts == 3))
            marked.stream, marked.time_base, marked.is_keyframe = stream, 1 / VIDEO_RATE / 2, packet.is_keyframe
            marked.pts = marked.dts = shown
            marked.duration = lasts
            shown += lasts
            container.mux(marked)
    return path


def _with_repeats(picture: bytes, *, upper_first: bool, repeats: bool) -> bytes:
    """A picture of MPEG-2 with the marks ``top_field_first`` and ``repeat_first_field`` (ISO 13818-2, 6.2.3.1)."""
    data = bytearray(picture)
    place = data.find(b"\0\0\1\xb5")
    while place >= 0:
        kind = data[place + 4] >> 4
        if kind == 1:
            data[place + 5] &= ~0x08  # no progressive sequence
        if kind == 8:
            data[place + 7] = data[place + 7] & ~0x82 | 0x80 * upper_first | 0x02 * repeats
        place = data.find(b"\0\0\1\xb5", place + 4)
    return bytes(data)


@pytest.mark.parametrize("ending", [".mpg", ".ts", ".mkv", ".vob"])
def test_soft_telecine_is_film_at_its_own_rate(media: SimpleNamespace, tmp_path: Path, ending: str) -> None:
    film = Film.open(soft(media, tmp_path / f"soft{ending}"))
    assert (film.info.telecine, film.info.frame_rate) == ("soft", Fraction(24000, 1001))
    assert any("soft telecine" in line and "--frame-rate 24000/1001" in line for line in film.info.warnings)
    with film.frames() as reader:
        times = [frame.seconds for frame in reader]
    steps = {round(float(b - a) * 60) for a, b in pairwise(times)}
    assert (len(times), steps) == (24, {2, 3})


def test_soft_telecine_gets_even_times_by_choice(media: SimpleNamespace, tmp_path: Path) -> None:
    film = Film.open(soft(media, tmp_path / "soft.mpg"), frame_rate="24000/1001")
    assert (film.info.telecine, film.info.pace, film.info.warnings) == ("", 1, ())
    with film.frames() as reader:
        times = [frame.seconds for frame in reader]
    assert {b - a for a, b in pairwise(times)} == {Fraction(1001, 24000)}


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("hard.mpg", "mpeg2video", INTERLACED),
        ("hard.mkv", "libx264", {"flags": "+ildct+ilme", "x264-params": "tff=1"}),
        ("unmarked.mkv", "ffv1", {}),
        ("unmarked.mp4", "libx264", {}),
    ],
)
def test_hard_telecine_is_told(
    media: SimpleNamespace, tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    info = Film.open(hard(media, tmp_path / name, codec, options)).info
    assert info.telecine == "hard"
    (line,) = (line for line in info.warnings if "3:2 pulldown" in line)
    assert "fieldmatch,decimate" in line
    assert ("--deinterlace" in line) == info.interlaced


def test_who_follows_the_advice_is_not_given_it_again(media: SimpleNamespace, tmp_path: Path) -> None:
    info = Film.open(hard(media, tmp_path / "hard.mpg"), deinterlace="frame").info
    assert not any("3:2 pulldown" in line for line in info.warnings)


@pytest.mark.parametrize("kind", ["moving", "still", "interlaced"])
def test_other_video_is_no_telecine(media: SimpleNamespace, tmp_path: Path, kind: str) -> None:
    lumas = {
        "moving": lambda number: picture(number),
        "still": lambda number: picture(0),
        "interlaced": lambda number: woven(picture(number), picture(number + 0.5)),
    }[kind]
    options = INTERLACED if kind == "interlaced" else {}
    path = media.encode(
        tmp_path / "a.mpg", codec="mpeg2video", size=(120, 160), rate=VIDEO_RATE, frames=40, options=options,
        draw=lambda index: frame_of(media, lumas(index)),
    )  # fmt: skip
    film = Film.open(path)
    assert film.info.telecine == ""
    watch = FieldWatch()
    with film.frames(Shot(0, 40)) as reader:
        for frame in reader:
            watch.add(frame.planes.y)
    assert not watch.is_hard
