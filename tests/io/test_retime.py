"""Films at another frame rate than their own: transfers of silent film, and what lies beside them."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import pytest

from kinemacolor.errors import SettingError
from kinemacolor.io import Film
from kinemacolor.io.info import retimed


def silent(media: SimpleNamespace, tmp_path: Path, kind: str) -> Path:
    """A transfer: with a constant rate, with times that jump, or in a container of another unit."""
    if kind == "constant":
        return media.encode(tmp_path / "film.mp4", codec="libx264", frames=36, rate=24)
    if kind == "jumping":
        times = [40 * i + 200 * (i > 20) for i in range(36)]
        return media.encode(tmp_path / "film.mkv", frames=36, times=times, time_base=Fraction(1, 1000))
    return media.encode(tmp_path / "film.avi", codec="mpeg4", frames=36, rate=Fraction(25))


@pytest.mark.parametrize("kind", ["constant", "jumping", "other"])
def test_frames_follow_each_other_at_the_rate_that_is_given(
    kind: str, media: SimpleNamespace, tmp_path: Path
) -> None:
    path = silent(media, tmp_path, kind)
    film = Film.open(path, frame_rate="18")
    assert film.is_retimed
    assert (film.info.frame_rate, film.info.duration_seconds, film.info.frames) == (18, 2, 36)
    assert film.frame_at("00:00:01") == 18
    assert film.frame_at("00:00:01:03") == 21
    assert film.length == "36 frames (2.000 s)"
    with film.frames() as reader:
        assert [frame.seconds for frame in reader] == [Fraction(i, 18) for i in range(36)]


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov"])
def test_what_is_written_has_the_new_times(ending: str, media: SimpleNamespace, tmp_path: Path) -> None:
    path = silent(media, tmp_path, "constant")
    output = tmp_path / f"out.{ending}"
    media.colored(path, output, frame_rate="18")
    assert all(abs(a - Fraction(i, 18)) <= Fraction(1, 1000) for i, a in enumerate(media.times_of(output)))
    assert len(media.times_of(output)) == 36
    excerpt = tmp_path / f"part.{ending}"
    media.colored(path, excerpt, frame_rate="18", start=9, stop=27)
    assert len(media.times_of(excerpt)) == 18
    assert media.times_of(excerpt)[0] == 0


def test_the_films_own_rate_changes_nothing(media: SimpleNamespace, tmp_path: Path) -> None:
    path = silent(media, tmp_path, "constant")
    assert Film.open(path, frame_rate="24").info == Film.open(path).info
    with pytest.raises(SettingError, match="is no rate"):
        Film.open(path, frame_rate="fast")


def test_chapters_go_by_the_new_pace(media: SimpleNamespace, tmp_path: Path) -> None:
    def with_chapters(container: Any) -> None:
        container.set_chapters(
            [{"id": 1, "start": 0, "end": 750, "time_base": Fraction(1, 1000), "metadata": {"title": "one"}},
             {"id": 2, "start": 750, "end": 1500, "time_base": Fraction(1, 1000), "metadata": {"title": "two"}}]
        )  # fmt: skip

    path = media.encode(tmp_path / "film.mkv", frames=36, rate=24, prepare=with_chapters)
    media.colored(path, tmp_path / "out.mkv", frame_rate="12")
    with av.open(str(tmp_path / "out.mkv")) as container:
        found = [(c["start"] * c["time_base"], c["end"] * c["time_base"]) for c in container.chapters()]
    assert found == [(0, Fraction(3, 2)), (Fraction(3, 2), 3)]


def test_sound_is_left_out_by_choice_only(media: SimpleNamespace, tmp_path: Path) -> None:
    path = media.encode(tmp_path / "film.mkv", frames=24, rate=24, sound="pcm_s16le")
    film = Film.open(path, frame_rate="18", keep_sound=False)
    assert (film.info.pace, film.info.sound_is_kept) == (Fraction(4, 3), False)
    assert retimed(film.info, Fraction(18)) is film.info


def draw_timecode(media: SimpleNamespace, tmp_path: Path) -> Path:
    def with_code(container: Any) -> None:
        container.streams.video[0].metadata["timecode"] = "01:00:00:00"

    return media.encode(tmp_path / "film.mov", codec="prores_ks", pixel_format="yuv422p10le", prepare=with_code)


def test_a_timecode_of_another_rate_is_named_as_left_out(media: SimpleNamespace, tmp_path: Path) -> None:
    path = draw_timecode(media, tmp_path)
    done = media.colored(path, tmp_path / "out.mov", frame_rate="18", codec="prores")
    assert any("timecode (01:00:00:00)" in line for line in done.warnings)
    with av.open(str(tmp_path / "out.mov")) as container:
        assert "timecode" not in container.streams.video[0].metadata
