import json
import shutil
from pathlib import Path

import pytest
import torch

from kinemacolor.errors import ExemplarIndexError, InputError, SettingError
from kinemacolor.evaluation.clips import Clip, Pictures
from kinemacolor.evaluation.exemplars import parse_exemplars
from kinemacolor.frames import Exemplar


def chosen(text: str, clips: Path, name: str = "one", count: int = 6) -> list[Exemplar]:
    pictures = Pictures(clips / name)
    return parse_exemplars(text).of(Clip(name, clips / name), pictures, count)


@pytest.mark.parametrize(
    ("text", "frames"),
    [("first", [0]), ("middle", [3]), ("last", [5]), ("first+last", [0, 5]), ("1+-2", [1, 4]), ("4", [4])],
)
def test_frames_of_the_clip_by_name_and_number(text: str, frames: list[int], clips: Path) -> None:
    found = chosen(text, clips)
    assert [exemplar.index for exemplar in found] == frames
    truth = [picture.rgb for picture in Pictures(clips / "one")]
    assert all(torch.equal(exemplar.rgb, truth[frame]) for exemplar, frame in zip(found, frames, strict=True))


def test_a_frame_that_the_clip_does_not_have_is_named(clips: Path) -> None:
    with pytest.raises(ExemplarIndexError, match=r"one has 6 frames.*9"):
        chosen("9", clips)


def test_a_still_serves_all_clips_and_is_no_frame_of_them(clips: Path, tmp_path: Path) -> None:
    still = shutil.copy(clips / "two" / "00002.png", tmp_path / "still.png")
    (found,) = chosen(str(still), clips)
    assert found.index is None


def test_a_folder_and_a_mapping_give_each_clip_its_own(clips: Path, tmp_path: Path) -> None:
    stills = tmp_path / "stills"
    stills.mkdir()
    for name in ("one", "two"):
        shutil.copy(clips / name / "00004.png", stills / f"{name}.png")
    mapping = tmp_path / "stills.json"
    mapping.write_text(json.dumps({"one": "stills/one.png@4", "two": ["stills/two.png@none", "stills/one.png@0"]}))
    by_folder, by_mapping = chosen(str(stills), clips, "two"), chosen(str(mapping), clips, "two")
    assert [exemplar.index for exemplar in by_folder] == [None]
    assert [exemplar.index for exemplar in by_mapping] == [0, None]
    assert [exemplar.index for exemplar in chosen(str(mapping), clips)] == [4]
    assert torch.equal(by_folder[0].rgb, by_mapping[1].rgb)


def test_a_clip_without_an_exemplar_is_named(clips: Path, tmp_path: Path) -> None:
    (tmp_path / "stills.json").write_text("{}")
    with pytest.raises(InputError, match="clip one"):
        chosen(str(tmp_path / "stills.json"), clips)


@pytest.mark.parametrize("text", ["sideways", "first+sideways", "missing.png"])
def test_what_is_no_exemplar_is_refused_at_once(text: str) -> None:
    with pytest.raises(SettingError, match="first, middle, last"):
        parse_exemplars(text)
