import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from kinemacolor.engine.video import Progress, colorize_frames, colorize_video
from kinemacolor.errors import ExemplarError, GrayExemplarError, OutputError, OutputExistsError, SettingError
from kinemacolor.frames import Exemplar, Frame, Luma
from kinemacolor.models.base import Answer, Colorizer, Reference, StreamingColorizer

MakeFilm = Callable[..., Path]
LumaPlanes = Callable[[Path], list[np.ndarray]]


class Broken(StreamingColorizer[list[int]]):
    """Answers NaN on its third frame."""

    identity = "broken"

    def start(self, references: Sequence[Reference]) -> list[int]:
        return []

    def step(self, luma: Luma, state: list[int]) -> Answer:
        state.append(0)
        return Answer(torch.full((2, *luma.shape[-2:]), float("nan") if len(state) == 3 else 20.0))


class Interrupted(Broken):
    def step(self, luma: Luma, state: list[int]) -> Answer:
        if len(state) == 2:
            raise KeyboardInterrupt
        return super().step(luma, state)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv420p10le", "yuv422p10le", "gray"])
@pytest.mark.parametrize("size", [(48, 64), (37, 53)])
def test_the_luma_plane_is_untouched(
    make_film: MakeFilm,
    tmp_path: Path,
    one_color: Colorizer,
    red_still: Exemplar,
    luma_planes: LumaPlanes,
    pixel_format: str,
    size: tuple[int, int],
) -> None:
    source = make_film(pixel_format=pixel_format, size=size)
    output = tmp_path / "out.mkv"
    result = colorize_video(source, output, [red_still], model=one_color, codec="ffv1")
    before, after = luma_planes(source), luma_planes(output)
    assert result.frames == len(before) == len(after) == 8
    assert all(np.array_equal(a, b) for a, b in zip(before, after))


def test_the_colors_arrive(make_film: MakeFilm, tmp_path: Path, one_color: Colorizer, red_still: Exemplar) -> None:
    output = tmp_path / "out.mkv"
    colorize_video(make_film(level=120), output, [red_still], model=one_color, codec="ffv1")
    with av.open(str(output)) as film:
        picture = next(film.decode(video=0)).to_ndarray(format="rgb24").astype(float).mean((0, 1))
    assert picture[0] > picture[1] + 40
    assert picture[0] > picture[2] + 40


def test_times_and_sound_come_through(
    make_film: MakeFilm, tmp_path: Path, one_color: Colorizer, red_still: Exemplar
) -> None:
    source, output = make_film(sound=True), tmp_path / "out.mkv"
    colorize_video(source, output, [red_still], model=one_color)

    def times(path: Path) -> list[Fraction]:
        with av.open(str(path)) as film:
            return [frame.pts * frame.time_base for frame in film.decode(video=0)]

    def sound(path: Path) -> list[bytes]:
        with av.open(str(path)) as film:
            return [bytes(packet) for packet in film.demux(audio=0) if packet.size]

    assert times(source) == times(output)
    assert sound(source) == sound(output)


@pytest.mark.parametrize(
    ("start", "end", "frames"), [("2", "5", 3), (None, "4", 4), ("3", None, 5), ("0.125s", None, 5)]
)
def test_a_part_of_the_film_can_be_colored(
    make_film: MakeFilm,
    tmp_path: Path,
    one_color: Colorizer,
    red_still: Exemplar,
    luma_planes: LumaPlanes,
    start: str | None,
    end: str | None,
    frames: int,
) -> None:
    source, output = make_film(), tmp_path / "out.mkv"
    result = colorize_video(source, output, [red_still], model=one_color, codec="ffv1", start=start, end=end)
    first = {None: 0, "2": 2, "3": 3, "0.125s": 3}[start]
    assert result.frames == frames
    expected = luma_planes(source)[first : first + frames]
    assert all(np.array_equal(a, b) for a, b in zip(expected, luma_planes(output), strict=True))


@pytest.mark.parametrize(("start", "end"), [("9", None), ("4", "4"), ("tomorrow", None)])
def test_a_span_with_nothing_in_it_is_refused(
    make_film: MakeFilm, tmp_path: Path, one_color: Colorizer, red_still: Exemplar, start: str, end: str | None
) -> None:
    with pytest.raises(SettingError):
        colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=one_color, start=start, end=end)
    assert not (tmp_path / "out.mkv").exists()


def test_no_exemplar_is_an_error(make_film: MakeFilm, tmp_path: Path, one_color: Colorizer) -> None:
    with pytest.raises(ExemplarError, match="--exemplar"):
        colorize_video(make_film(), tmp_path / "out.mkv", [], model=one_color)


def test_case_17_a_film_in_color_is_colored_from_its_luma_with_a_warning(
    tmp_path: Path, one_color: Colorizer, red_still: Exemplar
) -> None:
    source = tmp_path / "color.mkv"
    with av.open(str(source), "w") as film:
        stream = film.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(3):
            picture = np.zeros((48, 64, 3), np.uint8)
            picture[..., 2] = 220
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    result = colorize_video(source, tmp_path / "out.mkv", [red_still], model=one_color)
    assert any("in color" in warning for warning in result.warnings)
    assert not result.damaged


def test_a_gray_film_gets_no_such_warning(
    make_film: MakeFilm, tmp_path: Path, one_color: Colorizer, red_still: Exemplar
) -> None:
    result = colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=one_color)
    assert result.warnings == ()


def test_case_25_a_gray_exemplar_is_refused_before_any_work(
    make_film: MakeFilm, tmp_path: Path, one_color: Colorizer
) -> None:
    from PIL import Image

    Image.new("L", (64, 48), 130).save(tmp_path / "gray.png")
    with pytest.raises(GrayExemplarError, match=r"gray\.png"):
        colorize_video(make_film(), tmp_path / "out.mkv", [tmp_path / "gray.png"], model=one_color)
    assert not (tmp_path / "out.mkv").exists()


def test_case_35_an_existing_output_is_kept(
    make_film: MakeFilm, tmp_path: Path, one_color: Colorizer, red_still: Exemplar
) -> None:
    output = tmp_path / "out.mkv"
    output.write_text("mine")
    with pytest.raises(OutputExistsError, match="overwrite"):
        colorize_video(make_film(), output, [red_still], model=one_color)
    assert output.read_text() == "mine"
    colorize_video(make_film(), output, [red_still], model=one_color, overwrite=True)
    assert output.stat().st_size > 1000


def test_an_interrupted_run_leaves_nothing(make_film: MakeFilm, tmp_path: Path, red_still: Exemplar) -> None:
    source = make_film()
    with pytest.raises(KeyboardInterrupt):
        colorize_video(source, tmp_path / "out.mkv", [red_still], model=Interrupted())
    assert list(tmp_path.iterdir()) == [source]


def test_case_40_no_number_from_the_model_becomes_gray_and_is_said(
    make_film: MakeFilm, tmp_path: Path, red_still: Exemplar
) -> None:
    result = colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=Broken())
    assert result.frames == 8
    assert result.damaged
    assert any("1 frames" in warning for warning in result.warnings)


def test_progress_counts_every_frame(
    make_film: MakeFilm, tmp_path: Path, one_color: Colorizer, red_still: Exemplar
) -> None:
    seen: list[Progress] = []
    colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=one_color, progress=seen.append)
    assert [p.frames_done for p in seen] == list(range(1, 9))
    assert {p.frames_total for p in seen} == {8}


def test_a_strip_shows_source_exemplar_and_color(
    make_film: MakeFilm, tmp_path: Path, one_color: Colorizer, red_still: Exemplar
) -> None:
    from PIL import Image

    colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=one_color, strip=tmp_path / "strip.png")
    picture = np.asarray(Image.open(tmp_path / "strip.png")).astype(int)
    assert picture.shape == (3 * 48, 3 * 64, 3)
    red_over_green = (picture[..., 0] - picture[..., 1]).reshape(3 * 48, 3, 64).mean((0, 2))
    assert abs(red_over_green[0]) < 1
    assert red_over_green[1] > 50
    assert red_over_green[2] > 20


def test_a_preview_shows_the_last_frame_at_the_end(
    make_film: MakeFilm, tmp_path: Path, one_color: Colorizer, red_still: Exemplar
) -> None:
    from PIL import Image

    colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=one_color, preview=tmp_path / "now.jpg")
    with Image.open(tmp_path / "now.jpg") as picture:
        assert picture.size == (2 * 64, 48)


@pytest.mark.parametrize("name", ["now.dpx", "now", "missing/now.png"])
def test_a_preview_that_cannot_be_written_is_refused_before_the_work(
    make_film: MakeFilm, tmp_path: Path, one_color: Colorizer, red_still: Exemplar, name: str
) -> None:
    with pytest.raises(OutputError, match="preview"):
        colorize_video(make_film(), tmp_path / "out.mkv", [red_still], model=one_color, preview=tmp_path / name)
    assert not (tmp_path / "out.mkv").exists()


def test_frames_before_a_still_are_colored_from_it_if_asked_for(onward: Colorizer, red_still: Exemplar) -> None:
    def vivid(**settings: bool) -> list[bool]:
        frames = (Frame(rgb=torch.full((3, 48, 64), 120, dtype=torch.uint8), index=i) for i in range(8))
        later = replace(red_still, index=5)
        colored = colorize_frames(frames, [later], model=onward, size=(48, 64), **settings)
        return [bool((frame.rgb[0] - frame.rgb[1].float()).mean() > 20) for frame in colored]

    assert vivid() == [False] * 5 + [True] * 3
    assert vivid(both_ways=True) == [True] * 8


def test_memory_does_not_grow_with_the_film(one_color: Colorizer, red_still: Exemplar) -> None:
    """However long the film, only a few of its frames are alive at once."""
    alive: list[weakref.ref[torch.Tensor]] = []
    most = 0

    def film(count: int) -> Iterator[Frame]:
        nonlocal most
        for i in range(count):
            rgb = torch.full((3, 48, 64), i % 255, dtype=torch.uint8)
            alive.append(weakref.ref(rgb))
            most = max(most, sum(ref() is not None for ref in alive))
            yield Frame(rgb=rgb, index=i)
            del rgb

    assert sum(1 for _ in colorize_frames(film(200), [red_still], model=one_color, size=(48, 64))) == 200
    assert most <= 8
