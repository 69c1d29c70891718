"""Whole pictures from an interlaced film: their number, times and likeness to what was filmed."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.filter import Graph

from kinemacolor.errors import ExemplarError, SettingError
from kinemacolor.frames import Shot
from kinemacolor.io import Film, exemplars, points

FRAMES, HEIGHT, WIDTH = 8, 48, 96


def moving(field: int) -> np.ndarray:
    """A soft bar that moves three columns a field, over a ramp."""
    columns = np.arange(WIDTH)
    bar = np.exp(-(((columns - 12 - 3 * field) / 5) ** 2)) * 120
    return np.clip(60 + np.arange(HEIGHT)[:, None] + bar[None], 0, 255).astype(np.uint8)


def woven(frame: int, *, top_first: bool) -> np.ndarray:
    """The two fields of a frame in one picture."""
    picture = moving(2 * frame + (0 if top_first else 1))
    picture[1::2] = moving(2 * frame + (1 if top_first else 0))[1::2]
    return picture


def interlaced(path: Path, *, mode: str = "tff", pixel_format: str = "yuv420p", mixed: bool = False) -> Path:
    """Eight frames of two fields; where ``mixed`` the second half is whole pictures, and marked so."""
    graphs = {}
    for name in (mode, "prog"):
        graph = Graph()
        parts = (
            graph.add_buffer(
                width=WIDTH, height=HEIGHT, format=av.VideoFormat(pixel_format), time_base=Fraction(1, 25)
            ),
            graph.add("setparams", f"field_mode={name}"),
            graph.add("buffersink"),
        )
        parts[0].link_to(parts[1])
        parts[1].link_to(parts[2])
        graph.configure()
        graphs[name] = graph
    codec = "mpeg2video" if path.suffix in (".mpg", ".ts") else "ffv1"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format
        stream.codec_context.field_order = 2 if mode == "tff" else 3
        stream.codec_context.options = {"flags": "+ildct+ilme", "q": "1"} if codec == "mpeg2video" else {}
        for number in range(FRAMES):
            is_whole = mixed and number >= FRAMES // 2
            picture = moving(2 * number) if is_whole else woven(number, top_first=mode == "tff")
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format=pixel_format)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            graph = graphs["prog" if is_whole else mode]
            graph.push(frame)
            container.mux(stream.encode(graph.pull()))
        container.mux(stream.encode(None))
    return path


def error(got: np.ndarray, wanted: np.ndarray) -> float:
    """How far gray levels are from a field's as it was filmed, whatever range they are stored in."""
    levels = got.astype(float) / 256 ** (got.dtype.itemsize - 1)
    levels = (levels - levels.mean()) / levels.std()
    wanted = (wanted - wanted.mean()) / wanted.std()
    return float(np.abs(levels - wanted)[2:-2].mean())


SOURCES = [
    ("a.mkv", "tff", "gray"),
    ("a.mkv", "bff", "yuv420p"),
    ("a.ts", "tff", "yuv420p"),
    ("a.nut", "bff", "yuv444p10le"),
]


@pytest.mark.parametrize(("name", "mode", "pixel_format"), SOURCES)
def test_each_field_becomes_a_picture_at_its_time(name: str, mode: str, pixel_format: str, tmp_path: Path) -> None:
    film = Film.open(interlaced(tmp_path / name, mode=mode, pixel_format=pixel_format), deinterlace="field")
    assert (film.info.frame_rate, film.info.frames, film.info.interlaced) == (50, 2 * FRAMES, False)
    assert not any("interlaced" in line for line in film.info.warnings)
    with film.frames() as reader:
        frames = list(reader)
    assert [frame.index for frame in frames] == list(range(2 * FRAMES))
    begin = frames[0].seconds
    assert [frame.seconds - begin for frame in frames] == pytest.approx([Fraction(i, 50) for i in range(2 * FRAMES)])
    own = [error(frame.planes.y, moving(i)) for i, frame in enumerate(frames)]
    other = [error(frame.planes.y, moving(i + 1)) for i, frame in enumerate(frames)]
    assert max(own[1:-1]) < 0.6 * min(other[1:-1])


@pytest.mark.parametrize(("name", "mode", "pixel_format"), SOURCES)
def test_or_each_frame_becomes_one(name: str, mode: str, pixel_format: str, tmp_path: Path) -> None:
    path = interlaced(tmp_path / name, mode=mode, pixel_format=pixel_format)
    film = Film.open(path, deinterlace="frame")
    assert (film.info.frame_rate, film.info.frames) == (25, FRAMES)
    with film.frames() as reader, Film.open(path).frames() as plain:
        for frame, woven_frame in zip(reader, plain, strict=True):
            assert (frame.index, frame.seconds) == (woven_frame.index, woven_frame.seconds)
            wanted = moving(2 * frame.index)
            assert error(frame.planes.y, wanted) < 0.6 * error(woven_frame.planes.y, wanted)


@pytest.mark.parametrize(("rate", "span"), [("frame", Shot(3, 6)), ("field", Shot(5, 9)), ("field", Shot(0, 1))])
def test_a_part_is_the_same_as_within_the_whole(rate: str, span: Shot, tmp_path: Path) -> None:
    film = Film.open(interlaced(tmp_path / "a.mkv"), deinterlace=rate)
    with film.frames() as reader:
        whole = {frame.index: frame for frame in reader}
    with film.frames(span) as reader:
        part = list(reader)
    assert [frame.index for frame in part] == list(range(span.start, span.stop))
    for frame in part:
        assert np.array_equal(frame.planes.y, whole[frame.index].planes.y)
        assert frame.seconds == whole[frame.index].seconds


@pytest.mark.parametrize("rate", ["frame", "field"])
def test_numbers_and_times_stay_those_of_the_source(rate: str, tmp_path: Path) -> None:
    film = Film.open(interlaced(tmp_path / "a.mkv"), deinterlace=rate)
    each = film.info.fields_a_frame
    assert film.frame_at("3") == 3 * each
    assert film.frame_at("0.12") == 3 * each
    assert film.frame_at("0.14") == 3 * each + (each == 2)
    assert film.frame_at("00:00:00:05") == 5 * each
    (tmp_path / "stills").mkdir()
    color = av.VideoFrame.from_ndarray(np.full((HEIGHT, WIDTH, 3), (200, 90, 80), np.uint8), format="rgb24")
    for name in ("ref_000003.png", "other.png"):
        color.to_image().save(tmp_path / "stills" / name)
    asked = [tmp_path / "stills" / "ref_000003.png", f"{tmp_path / 'stills' / 'other.png'}@4"]
    found = exemplars.load(asked, frames=film.exact_frames, frame_at=film.frame_at, place_of=film.place_of)
    assert [still.index for still in found] == [3 * each, 4 * each]


@pytest.mark.parametrize("rate", ["frame", "field"])
def test_messages_count_frames_of_the_source(rate: str, tmp_path: Path) -> None:
    film = Film.open(interlaced(tmp_path / "a.mkv"), deinterlace=rate)
    each = film.info.fields_a_frame
    assert film.length.startswith(f"{FRAMES} frames")
    assert film.frame_name(3 * each) == "3"
    assert film.frame_name(4 * each - 1) == ("3 (second field)" if each == 2 else "3")
    av.VideoFrame.from_ndarray(np.full((HEIGHT, WIDTH, 3), (200, 90, 80), np.uint8)).to_image().save(
        tmp_path / "a.png"
    )
    known = {"frames": film.exact_frames, "frame_at": film.frame_at, "fields_a_frame": each}
    with pytest.raises(ExemplarError, match=f"frame {FRAMES + 7}, but the film's last frame is {FRAMES - 1} "):
        exemplars.load([f"{tmp_path / 'a.png'}@{FRAMES + 7}"], **known)
    with pytest.raises(ExemplarError, match=f"is on frame {FRAMES + 7}, but the film's last frame is {FRAMES - 1}"):
        points.exemplars_of([f"2,2@{FRAMES + 7}=#ff0000"], film.size, **known)
    with pytest.raises(SettingError, match=f"past the end: .* has {FRAMES} frames"):
        film.span(FRAMES + 7)


@pytest.mark.parametrize("rate", ["frame", "field"])
def test_whole_pictures_among_fields_stay_as_they_are(rate: str, tmp_path: Path) -> None:
    film = Film.open(interlaced(tmp_path / "a.mkv", pixel_format="gray", mixed=True), deinterlace=rate)
    with film.frames() as reader:
        frames = list(reader)
    assert len(frames) == film.info.frames
    for frame in frames[len(frames) // 2 :]:
        assert np.array_equal(frame.planes.y, moving(2 * (frame.index // film.info.fields_a_frame)))


def test_a_mixed_film_is_marked_frame_by_frame(media, tmp_path: Path) -> None:
    path = interlaced(tmp_path / "a.mkv", mixed=True)
    media.colored(path, tmp_path / "out.mkv", codec="ffv1")
    with av.open(str(tmp_path / "out.mkv")) as container:
        marks = [bool(frame.interlaced_frame) for frame in container.decode(video=0)]
    with av.open(str(path)) as container:
        assert marks == [bool(frame.interlaced_frame) for frame in container.decode(video=0)]


def test_a_film_without_fields_is_said_to_have_none(media, tmp_path: Path) -> None:
    path = media.encode(tmp_path / "a.mkv")
    film = Film.open(path, deinterlace="frame")
    assert any("not marked as interlaced" in line for line in film.info.warnings)
    with pytest.raises(SettingError, match="do not go together"):
        Film.open(path, deinterlace="frame", frame_rate="18")
