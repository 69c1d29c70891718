from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from kinemacolor.errors import OutputError, OutputExistsError
from kinemacolor.io import exemplars, open_reader
from kinemacolor.suggest.stills import export


def test_pictures_have_16_bits_and_names_that_colorize_reads(
    make_film: Callable[[list[tuple[int, int]]], Path], tmp_path: Path
) -> None:
    film = make_film([(1, 3), (2, 9)])
    written = export(film, [7, 2], tmp_path / "stills")
    assert [exemplars.parse(path)[1] for path in written] == [2, 7]
    with open_reader(film) as reader:
        lumas = {number: frame.planes.y for number, frame in enumerate(reader) if frame.planes is not None}
    for path, number in zip(written, (2, 7)):
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert picture.dtype == np.uint16
        assert picture.shape == (96, 144, 3)
        assert np.ptp(picture.astype(int), axis=2).max() == 0, "a gray film's frames are gray"
        # FFV1 in gray is full range: 8-bit codes times 257
        assert abs(picture[..., 0].astype(int) - 257 * lumas[number].astype(int)).max() <= 1


def test_a_picture_that_may_be_colored_by_now_is_not_replaced(
    make_film: Callable[[list[tuple[int, int]]], Path], tmp_path: Path
) -> None:
    film = make_film([(1, 5)])
    export(film, [2], tmp_path)
    with pytest.raises(OutputExistsError, match=r"ref_000002\.png"):
        export(film, [2, 4], tmp_path)
    assert not (tmp_path / "ref_000004.png").exists()
    assert len(export(film, [2, 4], tmp_path, overwrite=True)) == 2


def test_a_link_in_the_folder_is_replaced_and_never_followed(
    make_film: Callable[[list[tuple[int, int]]], Path], tmp_path: Path
) -> None:
    film = make_film([(1, 5)])
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "ref_000002.png").symlink_to(tmp_path / "mine.txt")
    export(film, [2], tmp_path / "out", overwrite=True)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert not (tmp_path / "out" / "ref_000002.png").is_symlink()


def test_case_35_no_picture_of_the_film_and_no_colored_still_is_replaced(
    make_film: Callable[[list[tuple[int, int]]], Path], tmp_path: Path
) -> None:
    film, stills = make_film([(1, 5)]), tmp_path / "stills"
    export(film, [2], stills)
    with pytest.raises(OutputError, match="is an input"):
        export(film, [2], stills, overwrite=True, spared=[stills])
    written = export(film, [0, 1, 2], tmp_path / "film")
    before = [path.read_bytes() for path in written]
    with pytest.raises(OutputError, match="is an input"):
        export(tmp_path / "film", [1], tmp_path / "film", overwrite=True)
    assert [path.read_bytes() for path in written] == before
