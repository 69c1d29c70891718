"""``paint`` as a command: a still that serves, and one clear error for each mistake."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from kinemacolor.cli import app
from kinemacolor.errors import (
    ExemplarError,
    KinemacolorError,
    OutputError,
    OutputExistsError,
    SettingError,
    UnreadableImageError,
)
from kinemacolor.io import exemplars


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A frame and a layer of one red stroke."""
    frame = np.full((48, 64, 3), 90, np.uint8)
    frame[:, 32:] = 180
    layer = np.zeros((48, 64, 4), np.uint8)
    layer[20:28, 6:24] = (180, 50, 40, 255)
    Image.fromarray(frame).save(tmp_path / "ref_000007.png")
    Image.fromarray(layer).save(tmp_path / "strokes.png")
    return tmp_path


def painted(folder: Path, *more: str, strokes: str = "strokes.png", output: str = "ref_000007_color.png") -> Path:
    told = ["paint", str(folder / "ref_000007.png"), str(folder / strokes), "-o", str(folder / output), *more]
    done = CliRunner().invoke(app, told)
    if isinstance(done.exception, KinemacolorError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return folder / output


def test_the_still_serves_as_an_exemplar_of_its_frame(folder: Path) -> None:
    (still,) = exemplars.load([painted(folder)])
    assert still.index == 7
    assert still.rgb.shape == (3, 48, 64)
    red, green, _ = still.rgb[:, 24, 15].tolist()
    assert red > green + 30


def test_a_copy_that_is_painted_over_gives_about_the_same(folder: Path) -> None:
    layer, frame = Image.open(folder / "strokes.png"), Image.open(folder / "ref_000007.png")
    frame.paste(layer, mask=layer)
    frame.save(folder / "over.png")
    one, other = (
        np.asarray(Image.open(painted(folder, strokes=s, output=f"{s}_.png"))) for s in ("over.png", "strokes.png")
    )
    assert np.abs(one.astype(int) - other.astype(int)).mean() < 2


def test_a_preview_is_written_too(folder: Path) -> None:
    with Image.open(painted(folder, "--preview")) as still:
        assert still.size == (64, 48)


def test_nothing_is_replaced_unless_told(folder: Path) -> None:
    painted(folder)
    with pytest.raises(OutputExistsError):
        painted(folder)
    painted(folder, "--overwrite")


@pytest.mark.parametrize("output", ["strokes.png", "ref_000007.png"])
def test_inputs_are_never_overwritten(folder: Path, output: str) -> None:
    before = (folder / output).read_bytes()
    with pytest.raises(OutputError, match="is an input"):
        painted(folder, "--overwrite", output=output)
    assert (folder / output).read_bytes() == before


def test_mistakes_leave_nothing_behind(folder: Path) -> None:
    Image.new("RGBA", (64, 48)).save(folder / "empty.png")
    Image.new("RGBA", (60, 48)).save(folder / "narrow.png")
    before = sorted(folder.iterdir())
    with pytest.raises(ExemplarError, match=r"empty\.png has no strokes"):
        painted(folder, strokes="empty.png")
    with pytest.raises(ExemplarError, match=r"narrow\.png is 60x48, but the frame is 64x48"):
        painted(folder, strokes="narrow.png")
    with pytest.raises(UnreadableImageError):
        painted(folder, strokes="missing.png")
    with pytest.raises(OutputError, match="keeps colors exactly"):
        painted(folder, output="still.jpg")
    assert sorted(folder.iterdir()) == before


def test_a_frame_is_named_in_its_film(folder: Path) -> None:
    film = folder / "reel@home.mkv"
    with av.open(str(film), "w") as written:
        stream = written.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        for level in (20, 60, 180):
            frame = np.asarray(Image.open(folder / "ref_000007.png").convert("L")) // 2 + level // 4
            written.mux(stream.encode(av.VideoFrame.from_ndarray(frame.astype(np.uint8), format="gray")))
        written.mux(stream.encode(None))

    def told(at: str, output: str) -> Path:
        command = ["paint", f"{film}{at}", str(folder / "strokes.png"), "-o", str(folder / output)]
        done = CliRunner().invoke(app, command)
        if isinstance(done.exception, KinemacolorError):
            raise done.exception
        return folder / output

    by_number, by_time = told("@1", "one.png"), told("@00:00:00.05", "other.png")
    assert by_number.read_bytes() == by_time.read_bytes()
    with pytest.raises(SettingError, match="has no frame 3: it has 3 frames"):
        told("@3", "none.png")
    assert not (folder / "none.png").exists()
