"""The picture of the latest frame: whole at any time, and no danger to the run."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinemacolor.engine.sinks import Preview
from kinemacolor.frames import Frame, Planes


def frame(level: int) -> tuple[Frame, Frame]:
    """A frame of one gray, and itself in a red."""
    gray = Planes(np.full((48, 64), level, np.uint8), matrix="bt601")
    u, v = np.full((24, 32), 110, np.uint8), np.full((24, 32), 180, np.uint8)
    return Frame(planes=gray), Frame(planes=Planes(gray.y, u, v, matrix="bt601"))


def level_of(path: Path) -> int:
    with Image.open(path) as picture:
        assert picture.size == (128, 48)
        return int(np.asarray(picture.convert("RGB"))[24, 32, 1])


def test_the_first_frame_is_shown_at_once_and_the_last_at_the_end(tmp_path: Path) -> None:
    preview = Preview(tmp_path / "now.png", every_seconds=1000.0)
    preview.add(*frame(60))
    first = level_of(tmp_path / "now.png")
    preview.add(*frame(120))
    preview.add(*frame(200))
    assert level_of(tmp_path / "now.png") == first
    preview.show()
    assert level_of(tmp_path / "now.png") > first + 100
    assert [path.name for path in tmp_path.iterdir()] == ["now.png"]


def test_it_is_replaced_as_frames_come(tmp_path: Path) -> None:
    preview = Preview(tmp_path / "now.jpg", every_seconds=0.0)
    levels = []
    for level in (40, 100, 220):
        preview.add(*frame(level))
        levels.append(level_of(tmp_path / "now.jpg"))
    assert levels == sorted(set(levels))


def test_source_and_color_lie_beside_each_other(tmp_path: Path) -> None:
    preview = Preview(tmp_path / "now.png")
    preview.add(*frame(120))
    with Image.open(tmp_path / "now.png") as picture:
        pixels = np.asarray(picture).astype(int)
    red_over_green = pixels[..., 0] - pixels[..., 1]
    assert (red_over_green[:, :64] == 0).all()
    assert (red_over_green[:, 64:] > 40).all()


@pytest.mark.parametrize("ending", [".png", ".jpg"])
def test_a_folder_that_is_gone_is_said_once(tmp_path: Path, ending: str) -> None:
    (tmp_path / "folder").mkdir()
    preview = Preview(tmp_path / "folder" / f"now{ending}", every_seconds=0.0)
    preview.add(*frame(60))
    for path in (tmp_path / "folder").iterdir():
        path.unlink()
    (tmp_path / "folder").rmdir()
    preview.add(*frame(80))
    preview.add(*frame(90))
    assert len(preview.warnings) == 1
    assert "was not written any more" in preview.warnings[0]
