from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from torch import Tensor

from kinemacolor.errors import InputError, OutputError, OutputExistsError
from kinemacolor.evaluation.compare import compare, difference_picture
from kinemacolor.evaluation.preview import write_preview

SavePictures = Callable[[Path, list[Tensor]], Path]


@pytest.fixture
def films(tmp_path: Path, pictures: list[Tensor], save_pictures: SavePictures) -> tuple[Path, Path, Path]:
    """The truth, a film near it, and one farther from it."""
    near, far = ([(p.int() * (20 - k) // 20).byte() for p in pictures] for k in (1, 5))
    return (
        save_pictures(tmp_path / "truth", pictures),
        save_pictures(tmp_path / "near", near),
        save_pictures(tmp_path / "far", far),
    )


def test_two_films_are_scored_against_the_truth(films: tuple[Path, Path, Path], tmp_path: Path) -> None:
    truth, near, far = films
    report = compare(far, near, tmp_path / "out", truth=truth)
    assert report.rows == ["truth", "far", "near"]
    assert report.mean("near", "psnr").whole > report.mean("far", "psnr").whole + 5
    assert [score.frames for score in report.scores[1:]] == [6, 6]
    assert (tmp_path / "out" / "report.html").exists()


def test_without_a_truth_the_second_is_scored_against_the_first(
    films: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    _, near, far = films
    report = compare(near, far, tmp_path / "out", video=False)
    assert report.rows == ["near", "far"]
    assert report.mean("far", "psnr").whole > 0
    assert np.isnan(report.mean("near", "psnr").whole)
    assert not (tmp_path / "out" / "side_by_side.mp4").exists()


def test_the_film_of_both_has_every_frame_beside_each_other(films: tuple[Path, Path, Path], tmp_path: Path) -> None:
    truth, near, far = films
    compare(near, far, tmp_path / "out", truth=truth)
    with av.open(str(tmp_path / "out" / "side_by_side.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 6
    assert frames[0].shape == (40 + 16, 3 * 56, 3)
    left, right = frames[0][16:, :56].astype(int), frames[0][16:, 112:].astype(int)
    assert right.mean() > left.mean()  # the near film is a little darker than the truth


def test_the_sheet_shows_a_frame_of_each_stretch(films: tuple[Path, Path, Path], tmp_path: Path) -> None:
    _, near, far = films
    compare(near, far, tmp_path / "out", video=False)
    with Image.open(tmp_path / "out" / "differences.png") as sheet:
        assert sheet.size == (3 * 56, 5 * (40 + 16))


def test_films_of_other_lengths_or_sizes_are_refused_with_both_told(
    films: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    _, near, far = films
    (far / "00005.png").unlink()
    with pytest.raises(InputError, match="near has 6 frames of 56x40, far has 5 frames of 56x40"):
        compare(near, far, tmp_path / "out")


def test_a_difference_picture_is_as_bright_as_scikit_image_says(pictures: list[Tensor]) -> None:
    one, other = pictures[0], pictures[5]
    mean, picture = difference_picture(one, other)
    expected = deltaE_ciede2000(*(rgb2lab(p.permute(1, 2, 0).numpy()) for p in (one, other)))
    assert mean == pytest.approx(expected.mean(), rel=1e-3)
    brightness = picture.float().sum(0)
    strong, weak = torch.from_numpy(expected > 15), torch.from_numpy(expected < 5)
    assert brightness[strong].min() > brightness[weak].max()
    nothing, black = difference_picture(one, one)
    assert nothing == 0
    assert black.max() <= 4  # inferno begins near black


def test_a_preview_of_odd_size_loses_no_row(tmp_path: Path) -> None:
    pictures = [torch.full((3, 41, 57), 128, dtype=torch.uint8)] * 3
    assert write_preview(tmp_path / "odd.mp4", pictures, Fraction(24)) == 3
    with av.open(str(tmp_path / "odd.mp4")) as film:
        frame = next(film.decode(video=0))
        assert (frame.height, frame.width, frame.format.name) == (42, 58, "yuv420p")
        assert not film.metadata.get("title")


@pytest.mark.parametrize("name", ["report.md", "differences.png", "side_by_side.mp4"])
def test_a_report_that_is_there_is_left(name: str, films: tuple[Path, Path, Path], tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        compare(films[1], films[2], tmp_path)
    assert (tmp_path / name).read_text() == "mine"
    with pytest.raises(OutputError, match="is a file and no folder"):
        compare(films[1], films[2], tmp_path / name, overwrite=True)
