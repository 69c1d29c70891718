"""The quality that is asked for is the one that a codec encodes at."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kinemacolor.io import codecs, open_reader


@pytest.fixture
def source(media: SimpleNamespace, tmp_path: Path) -> Path:
    return media.encode(tmp_path / "source.mkv", size=(144, 192), frames=12)


def error(media: SimpleNamespace, source: Path, output: Path) -> float:
    """The mean error of luma of the last frame: a bit rate that is too low shows there most."""
    return float(np.abs(media.lumas_of(source)[-1].astype(int) - media.lumas_of(output)[-1].astype(int)).mean())


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.avi", None), ("a.mkv", "mpeg4"), ("a.mpg", "mpeg2"), ("a.mkv", "mpeg2"), ("a.mp4", "mpeg1video"),
        ("a.avi", "wmv2"), ("a.flv", "flv"), ("a.webm", "vp8"), ("a.avi", "xvid"),
    ],
)  # fmt: skip
def test_no_codec_loses_much_unless_asked(
    media: SimpleNamespace, source: Path, tmp_path: Path, name: str, codec: str | None
) -> None:
    done = media.colored(source, tmp_path / name, codec=codec)
    assert error(media, source, done.output) < 2.5
    assert not any("usual quality" in line for line in done.warnings)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.avi", "mpeg4"), ("a.mpg", "mpeg2"), ("a.avi", "mjpeg"), ("a.flv", "flv")]
)
def test_a_quality_changes_what_is_written(
    media: SimpleNamespace, source: Path, tmp_path: Path, name: str, codec: str
) -> None:
    sizes = []
    for quality in (2.0, 20.0):
        media.colored(source, tmp_path / name, codec=codec, quality=quality, overwrite=True)
        sizes.append((tmp_path / name).stat().st_size)
    assert sizes[1] < 0.8 * sizes[0]


def test_interlaced_film_keeps_its_marks_beside_its_quality(media: SimpleNamespace, tmp_path: Path) -> None:
    path = media.encode(tmp_path / "in.mkv", codec="mpeg2video", frames=4, options={"flags": "+ildct+ilme"})
    done = media.colored(path, tmp_path / "out.mpg")
    with open_reader(done.output) as reader:
        assert [frame.is_interlaced for frame in reader] == [True] * 4


@pytest.mark.parametrize(("name", "codec", "said"), [("a.mkv", "snow", True), ("a.avi", "ffvhuff", False)])
def test_a_codec_without_settings_is_said_to_have_none(
    media: SimpleNamespace, source: Path, tmp_path: Path, name: str, codec: str, said: bool
) -> None:
    with open_reader(source) as reader:
        info = reader.info
    encoder = codecs.encoder_for(codec, "avi", info, None)
    assert codecs.has_no_settings(encoder) == said
