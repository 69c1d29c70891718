"""Folders that commands fill: nothing of anybody else's is replaced, and each file comes whole."""

from pathlib import Path

import pytest

from kinemacolor.errors import OutputError, OutputExistsError
from kinemacolor.io.output_folder import OutputFolder, files_of


def test_files_come_whole_and_folders_with_the_first_of_them(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path / "a" / "b", ["report.md"], overwrite=False)
    assert not (tmp_path / "a").exists()
    assert folder.write("strips/one.jpg", b"data").read_bytes() == b"data"
    folder.write("report.md", "text \ud800")
    with folder.begin("frames.csv") as file:
        file.write("1,2\n")
    with folder.place("film.mp4") as place:
        assert place.suffix == ".mp4"
        place.write_bytes(b"film")
    assert {path.name for path in (tmp_path / "a" / "b").iterdir()} == {
        *("strips", "report.md", "frames.csv", "film.mp4")
    }


def test_an_error_on_the_way_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_text("old")
    folder = OutputFolder(tmp_path, overwrite=True)
    with pytest.raises(RuntimeError), folder.place("film.mp4") as place:
        place.write_text("half")
        raise RuntimeError
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


def test_what_is_there_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "key.json").write_text("mine")
    with pytest.raises(OutputExistsError, match="--overwrite"):
        OutputFolder(tmp_path, ["page.html", "key.json"], overwrite=False)
    with pytest.raises(OutputError, match="is a folder, and a file"):
        OutputFolder(tmp_path.parent, [tmp_path.name], overwrite=True)


@pytest.mark.parametrize("act", ["write", "begin", "place"])
def test_case_35_no_file_of_a_folder_replaces_an_input(act: str, tmp_path: Path) -> None:
    clip = tmp_path / "clip"
    clip.mkdir()
    (clip / "report.md").write_text("mine")
    with pytest.raises(OutputError, match="is an input"):
        OutputFolder(clip, ["report.md"], reads=[clip], overwrite=True)
    folder = OutputFolder(clip, reads=[clip], overwrite=True)  # the name is known only later
    with pytest.raises(OutputError, match="is an input"):
        if act == "place":
            with folder.place("report.md") as place:
                place.write_text("theirs")
        elif act == "begin":
            folder.begin("report.md")
        else:
            folder.write("report.md", "theirs")
    assert (clip / "report.md").read_text() == "mine"


@pytest.mark.parametrize("act", ["write", "begin", "place"])
def test_case_46_a_link_is_replaced_and_never_followed(act: str, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.csv").symlink_to(tmp_path / "mine.txt")
    folder = OutputFolder(tmp_path / "out", overwrite=True)
    if act == "place":
        with folder.place("a.csv") as place:
            place.write_text("theirs")
    elif act == "begin":
        folder.begin("a.csv").close()
    else:
        folder.write("a.csv", "theirs")
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert not (tmp_path / "out" / "a.csv").is_symlink()


def test_case_46_nothing_is_written_into_a_folder_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "strips").symlink_to(tmp_path / "mine")
    with pytest.raises(OutputError, match="is a link"):
        OutputFolder(tmp_path / "out", overwrite=True).write("strips/one.jpg", b"x")
    assert not list((tmp_path / "mine").iterdir())


def test_files_of_folders_and_of_names(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "a.png").touch()
    assert sorted(files_of([tmp_path, tmp_path / "none.mkv"])) == [tmp_path / "a.png", tmp_path / "none.mkv"]
