"""Nothing that is read is ever written, by whatever name and whatever option."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kinemacolor.engine.inputs import draft_of, effort_chosen, size_chosen
from kinemacolor.engine.job import Job
from kinemacolor.engine.video import colorize_video
from kinemacolor.errors import ModelError, OutputError
from kinemacolor.models.cards import DRAFT_PX

MakeFilm = Callable[..., Path]


@pytest.fixture
def still(tmp_path: Path) -> Path:
    (tmp_path / "stills").mkdir()
    path = tmp_path / "stills" / "ref_000000.png"
    Image.fromarray(np.full((48, 64, 3), (200, 90, 80), np.uint8)).save(path)
    return path


def everything(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("option", ["report", "strip", "preview"])
@pytest.mark.parametrize("how", ["name", "link", "hard link", "dots"])
def test_case_35_no_page_or_picture_replaces_an_input(
    make_film: MakeFilm, one_color, still: Path, tmp_path: Path, option: str, how: str
) -> None:
    film = make_film()
    place = film if option == "report" else still
    if how == "link":
        (tmp_path / "other.png").symlink_to(place)
        place = tmp_path / "other.png"
    elif how == "hard link":
        (tmp_path / "other.png").hardlink_to(place)
        place = tmp_path / "other.png"
    elif how == "dots":
        place = place.parent / ".." / place.parent.name / place.name
    before = everything(tmp_path)
    with pytest.raises(OutputError, match="is an input"):
        colorize_video(film, tmp_path / "out.mkv", [still], model=one_color, overwrite=True, **{option: place})
    assert everything(tmp_path) == before


def test_case_35_a_still_in_a_folder_within_the_folder_is_an_input_too(
    make_film: MakeFilm, one_color, still: Path, tmp_path: Path
) -> None:
    inner = still.parent / "shot_a" / "ref_000002.png"
    inner.parent.mkdir()
    inner.write_bytes(still.read_bytes())
    with pytest.raises(OutputError, match="is an input"):
        colorize_video(make_film(), tmp_path / "out.mkv", [still.parent], model=one_color, strip=inner)
    assert inner.read_bytes() == still.read_bytes()


@pytest.mark.parametrize("other", ["out.mkv", "out.json"])
def test_case_35_no_file_is_written_twice(
    make_film: MakeFilm, one_color, still: Path, tmp_path: Path, other: str
) -> None:
    report = tmp_path / ("out.mkv" if other == "out.mkv" else "out.html")
    with pytest.raises(OutputError, match="twice"):
        colorize_video(make_film(), tmp_path / other, [still], model=one_color, report=report, overwrite=True)


@pytest.mark.parametrize("output", ["seq/f_%d.png", "seq/f_%03d.png", "seq", "stills", "stills/ref_%06d.png"])
def test_case_35_pictures_never_replace_those_they_are_made_from(
    one_color, still: Path, tmp_path: Path, output: str
) -> None:
    (tmp_path / "seq").mkdir()
    for i in range(3):
        Image.fromarray(np.full((48, 64), 40 * i, np.uint8)).save(tmp_path / "seq" / f"f_{i}.png")
    before = everything(tmp_path)
    with pytest.raises(OutputError, match="is an input"):
        colorize_video(
            tmp_path / "seq", tmp_path / output, [still.parent], model=one_color, overwrite=True, track=False
        )
    assert everything(tmp_path) == before


def test_a_draft_is_colored_at_a_smaller_size_unless_one_is_said() -> None:
    draft = Job.of({"effort": "draft"})
    assert size_chosen(draft) == DRAFT_PX
    assert effort_chosen(draft).settings["prior"] == "look"
    assert size_chosen(draft.changed({"working_size": "native"})) == "native"
    assert size_chosen(Job.of({})) == size_chosen(Job.of({"effort": "best"})) == "auto"


def test_every_model_has_a_draft_no_larger_than_its_final() -> None:
    assert effort_chosen(Job.of({"model": "matching", "effort": "draft"})).working_size == DRAFT_PX
    final = Job.of({"settings": {"stride": 2}, "effort": "best"})
    draft = draft_of(final)
    assert draft is not None
    assert (draft.model.effort, size_chosen(draft)) == ("draft", DRAFT_PX)
    assert draft.model.settings == {"stride": 2}
    small = draft_of(final.changed({"working_size": 64}))
    assert small is not None
    assert size_chosen(small) == 64
    assert draft_of(draft) is None


def test_an_effort_that_the_model_does_not_have_is_said_before_the_work(
    make_film: MakeFilm, one_color, still: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"'matching' has no effort 'best'. .* use colormnet-lite"):
        colorize_video(make_film(), tmp_path / "out.mkv", [still], model="matching", effort="best")
    with pytest.raises(ModelError, match="by name only"):
        colorize_video(make_film(), tmp_path / "out.mkv", [still], model=one_color, effort="best")
    assert not (tmp_path / "out.mkv").exists()
