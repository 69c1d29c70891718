"""What is known before the work is said, or refused, before the work."""

import json
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from kinemacolor.engine.job import Job
from kinemacolor.engine.project import new_project
from kinemacolor.engine.render import render_track
from kinemacolor.engine.run import Listeners, run
from kinemacolor.engine.video import colorize_video
from kinemacolor.errors import CodecError, InputError, OutputError, SettingError
from kinemacolor.frames import Exemplar


@pytest.fixture
def talkie(tmp_path: Path) -> Path:
    """Six frames at 24 a second, with sound."""
    path = tmp_path / "talkie.mkv"
    with av.open(str(path), "w") as film:
        stream = film.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        sound = film.add_stream("pcm_s16le", rate=8000)
        sound.layout = "mono"
        for number in range(6):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64), 60 + 9 * number, np.uint8), format="gray")
            frame.pts, frame.time_base = number, Fraction(1, 24)
            film.mux(stream.encode(frame))
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 2000), np.int16), "s16", "mono")
        heard.sample_rate, heard.pts, heard.time_base = 8000, 0, Fraction(1, 8000)
        film.mux([*stream.encode(None), *sound.encode(heard), *sound.encode(None)])
    return path


def kinds(path: Path) -> list[str]:
    with av.open(str(path)) as film:
        return [stream.type for stream in film.streams]


def test_sound_at_another_rate_is_refused_and_left_out_by_choice(
    talkie: Path, tmp_path: Path, one_color, red_still: Exemplar
) -> None:
    output = tmp_path / "out.mkv"
    with pytest.raises(SettingError, match=r"has sound that fits its frames at 24 .* 18\. .*--no-sound"):
        colorize_video(talkie, output, [red_still], model=one_color, frame_rate="18")
    assert not output.exists()
    colorize_video(talkie, output, [red_still], model=one_color, frame_rate="18", sound=False, track=True)
    assert kinds(output) == ["video"]
    render_track(f"{output}.kctrack", tmp_path / "again.mp4")
    assert kinds(tmp_path / "again.mp4") == ["video"]
    with av.open(str(tmp_path / "again.mp4")) as film:
        assert [frame.time for frame in film.decode(video=0)] == pytest.approx([i / 18 for i in range(6)], abs=1e-4)
    colorize_video(talkie, output, [red_still], model=one_color, frame_rate="24", overwrite=True)
    assert kinds(output) == ["video", "audio"]


def test_what_is_left_out_is_said_before_the_first_frame(
    talkie: Path, tmp_path: Path, one_color, red_still: Exemplar
) -> None:
    heard: list[str] = []
    job = Job.of({"source": talkie, "output": tmp_path / "pictures", "exemplars": (red_still,), "model": one_color})
    listeners = Listeners(progress=lambda _: heard.append("a frame"), noticed=heard.append)
    result = run(job, listeners)
    assert "Left out: audio" in heard[0]
    assert heard[1:] == ["a frame"] * 6
    assert result.warnings.count(heard[0]) == 1


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"output": "none/out.mkv", "track": True}, OutputError, "There is no folder .*none"),
        ({"output": "none/pictures"}, OutputError, "There is no folder .*none"),
        ({"output": "talkie.mkv/out.mkv"}, OutputError, "is a file and no folder"),
        ({"output": ""}, OutputError, "The output has no name"),
        ({"source": ""}, InputError, "The film has no name"),
        ({"quality": 52}, CodecError, "a number from 0 to 51"),
        ({"quality": -1}, CodecError, "a number from 0 to 51"),
        ({"quality": 4, "codec": "prores"}, CodecError, "profile is a number from 0 to 3"),
    ],
)
def test_a_wrong_option_is_told_before_the_work(
    options: dict[str, object],
    error: type[Exception],
    words: str,
    talkie: Path,
    tmp_path: Path,
    one_color,
    red_still: Exemplar,
) -> None:
    output = options.pop("output", "out.mkv")
    source = options.pop("source", talkie)
    with pytest.raises(error, match=words):
        colorize_video(source, output and tmp_path / output, [red_still], model=one_color, **options)
    assert list(tmp_path.iterdir()) == [talkie]


@pytest.mark.parametrize("name", [b"fr\xe9d", b"\xff\xfe", "föö".encode("cp1252")])
def test_names_that_are_no_text_are_names(
    name: bytes, talkie: Path, tmp_path: Path, one_color, red_still: Exemplar
) -> None:
    odd = os.fsdecode(name)
    source = talkie.rename(tmp_path / f"{odd}.mkv")
    outputs = [tmp_path / f"{odd}-color.{ending}" for ending in ("mkv", "mp4")]
    for output in outputs:
        red = replace(red_still, name=f"{odd}.png")
        colorize_video(source, output, [red], model=one_color, track=True, report=tmp_path / f"{odd}.html")
        assert kinds(output) == ["video", "audio"]
    report = json.loads((tmp_path / f"{odd}.json").read_text())
    assert report["film"] == str(source)
    render_track(f"{outputs[0]}.kctrack", tmp_path / f"{odd}-again.mkv")
    with pytest.raises(OutputError, match="is no text in UTF-8"):
        new_project(source, [red_still.name], folder=tmp_path / "project")


@pytest.mark.parametrize("option", ["report", "strip"])
def test_long_names_of_pages_and_pictures_are_told_before_the_work(
    option: str, talkie: Path, tmp_path: Path, one_color, red_still: Exemplar
) -> None:
    ending = {"report": "html", "strip": "png"}[option]
    place = tmp_path / ("n" * 253 + "." + ending)
    with pytest.raises(OutputError, match=f"The name of the {option}, nnn.* are the limit"):
        colorize_video(talkie, tmp_path / "out.mkv", [red_still], model=one_color, **{option: place})
    assert list(tmp_path.iterdir()) == [talkie]
