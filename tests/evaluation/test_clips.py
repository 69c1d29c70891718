from fractions import Fraction
from pathlib import Path

import av
import pytest
import torch
from torch import Tensor

from kinemacolor.errors import InputError
from kinemacolor.evaluation.clips import Pictures, find_clips, survey


def write_film(path: Path, pictures: list[Tensor]) -> None:
    with av.open(str(path), "w") as film:
        stream = film.add_stream("ffv1", rate=Fraction(24))
        stream.height, stream.width, stream.pix_fmt = *pictures[0].shape[-2:], "yuv444p"
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture.permute(1, 2, 0).contiguous().numpy(), format="rgb24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))


def test_pictures_of_a_folder_are_exact(clips: Path, pictures: list[Tensor]) -> None:
    found = [picture.rgb for picture in Pictures(clips / "one")]
    assert all(torch.equal(a, b) for a, b in zip(found, pictures, strict=True))


def test_a_film_gives_its_pictures_but_for_rounding(tmp_path: Path, pictures: list[Tensor]) -> None:
    write_film(tmp_path / "film.mkv", pictures)
    found = list(Pictures(tmp_path / "film.mkv"))
    assert [picture.index for picture in found] == list(range(6))
    worst = max((a.rgb.int() - b.int()).abs().max().item() for a, b in zip(found, pictures, strict=True))
    assert worst <= 3


def test_clips_are_found_by_name_films_and_folders_alike(clips: Path, pictures: list[Tensor]) -> None:
    write_film(clips / "alpha.mkv", pictures)
    (clips / "notes.txt").write_text("no clip")
    assert [clip.name for clip in find_clips(clips)] == ["alpha", "one", "two"]
    assert [clip.name for clip in find_clips(clips / "one")] == ["one"]
    assert [clip.name for clip in find_clips(clips / "alpha.mkv")] == ["alpha"]


def test_two_clips_of_one_name_are_refused(clips: Path, pictures: list[Tensor]) -> None:
    write_film(clips / "one.mkv", pictures)
    with pytest.raises(InputError, match=r"one(\.mkv)? and one"):
        find_clips(clips)


def test_a_folder_without_clips_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no clip"):
        find_clips(tmp_path)


def test_an_unreadable_picture_shows_the_one_before_and_is_named(clips: Path) -> None:
    (clips / "one" / "00003.png").write_bytes(b"no picture")
    source = Pictures(clips / "one")
    found = list(source)
    assert [picture.readable for picture in found] == [True, True, True, False, True, True]
    assert torch.equal(found[3].rgb, found[2].rgb)
    assert len(source.problems) == 1
    assert "00003.png" in source.problems[0]


def test_pictures_can_be_brought_to_a_size_and_cut_short(clips: Path) -> None:
    found = survey(Pictures(clips / "one", size=(20, 28), stop=4))
    assert (found.frames, found.size) == (4, (20, 28))


def test_a_missing_number_is_named(clips: Path) -> None:
    (clips / "one" / "00002.png").unlink()
    source = Pictures(clips / "one")
    assert len(list(source)) == 5
    assert "missing" in source.problems[0]
