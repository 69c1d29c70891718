"""One run an output, nothing half written, nothing of others touched."""

import subprocess
import sys
from pathlib import Path

import pytest

from kinemacolor.errors import BusyError, OutputError, OutputExistsError
from kinemacolor.io.destination import Destination, discard_left_over, spare_inputs, write_file

NAMES = ["out.mkv", "a.b.c.mp4", "ü" * 60 + ".mkv", "%d [x]+.mov"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("overwrite", [False, True])
def test_case_36_a_second_run_on_one_output_is_refused(tmp_path: Path, name: str, overwrite: bool) -> None:
    first = Destination.for_file(tmp_path / name, "-", overwrite=overwrite)
    with pytest.raises(BusyError, match="another run"):
        Destination.for_file(tmp_path / name, "-", overwrite=overwrite)
    first.partial.write_bytes(b"film")
    first.commit()
    assert names(tmp_path) == [name]
    Destination.for_file(tmp_path / name, "-", overwrite=True).discard()
    assert names(tmp_path) == [name]


def test_case_36_folders_too(tmp_path: Path) -> None:
    first = Destination.for_folder(tmp_path / "out", replaced=[])
    with pytest.raises(BusyError):
        Destination.for_folder(tmp_path / "out", replaced=[])
    first.discard()
    Destination.for_folder(tmp_path / "out", replaced=[]).commit()
    assert names(tmp_path) == ["out"]


def test_outputs_of_like_names_are_no_hindrance(tmp_path: Path) -> None:
    like = ["a" * 60 + end + ".mkv" for end in "xyz"] + ["a.mkv", "a.mp4", "b.a.mkv"]
    made = [Destination.for_file(tmp_path / name, "-", overwrite=False) for name in like]
    for each in made:
        each.commit()
    assert names(tmp_path) == sorted(like)


@pytest.mark.process
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_case_33_what_a_killed_run_left_goes_with_the_next(tmp_path: Path, kind: str) -> None:
    make = "for_file(p, '-', overwrite=True)" if kind == "file" else "for_folder(p, replaced=[])"
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom kinemacolor.io.destination import Destination\n"
        f"p = Path(sys.argv[1])\nd = Destination.{make}\n(d.partial / 'x').touch() if d.partial.is_dir() else None\n"
        "os.kill(os.getpid(), 9)\n"
    )
    output = tmp_path / ("out.mkv" if kind == "file" else "out")
    subprocess.run([sys.executable, "-c", code, str(output)], check=False)
    assert len(names(tmp_path)) == 1
    (tmp_path / ".other.0123abcd.partial.mkv").touch()
    if kind == "file":
        Destination.for_file(output, "-", overwrite=True).commit()
    else:
        Destination.for_folder(output, replaced=[]).commit()
    assert names(tmp_path) == [".other.0123abcd.partial.mkv", output.name]


def test_what_came_meanwhile_is_not_replaced_without_leave(tmp_path: Path) -> None:
    destination = Destination.for_file(tmp_path / "out.mkv", "-", overwrite=False)
    (tmp_path / "out.mkv").write_text("mine")
    with pytest.raises(OutputExistsError, match="meanwhile"):
        destination.commit()
    destination.discard()
    assert (tmp_path / "out.mkv").read_text() == "mine"
    assert names(tmp_path) == ["out.mkv"]


def test_new_pictures_come_before_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(4):
        (tmp_path / f"f_{i}.png").write_text("old")
    (tmp_path / "mine.txt").write_text("mine")
    destination = Destination.for_folder(tmp_path, replaced=[tmp_path / f"f_{i}.png" for i in range(4)])
    for i in range(3):
        (destination.partial / f"f_{i}.png").write_text("new")
    calls = []
    replace, unlink = Path.replace, Path.unlink
    monkeypatch.setattr(Path, "replace", lambda self, *a: calls.append("replace") or replace(self, *a))
    monkeypatch.setattr(Path, "unlink", lambda self, **k: calls.append("unlink") or unlink(self, **k))
    destination.commit()
    assert calls == ["replace"] * 3 + ["unlink"]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "f_0.png": "new", "f_1.png": "new", "f_2.png": "new", "mine.txt": "mine"
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["mine.txt", ".out.partial.mkv", ".out.0123ABCD.partial.mkv", "out.0123abcd.partial", "sub/.x.0123abcd.partial"],
)
def test_only_own_names_beside_the_output_are_discarded(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    discard_left_over(tmp_path / name, tmp_path / "out.mkv")
    assert (tmp_path / name).exists()


def test_a_link_under_a_left_over_name_goes_and_what_it_names_stays(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "mine.txt").touch()
    link = tmp_path / ".out.0123abcd.partial"
    link.symlink_to(tmp_path / "docs")
    discard_left_over(link, tmp_path / "out.mkv")
    assert names(tmp_path) == ["docs"]
    assert names(tmp_path / "docs") == ["mine.txt"]


@pytest.mark.parametrize("there", ["nothing", "file", "link"])
def test_a_file_is_put_in_place_at_once_and_no_link_is_followed(tmp_path: Path, there: str) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    if there == "file":
        (tmp_path / "report.html").write_text("old")
    elif there == "link":
        (tmp_path / "report.html").symlink_to(tmp_path / "mine.txt")
    write_file(tmp_path / "report.html", b"new")
    assert (tmp_path / "report.html").read_bytes() == b"new"
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert names(tmp_path) == ["mine.txt", "report.html"]


def test_inputs_are_told_by_more_than_their_names(tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    film.touch()
    (tmp_path / "link.mkv").symlink_to(film)
    (tmp_path / "hard.mkv").hardlink_to(film)
    for name in ("film.mkv", "link.mkv", "hard.mkv", "../" + tmp_path.name + "/film.mkv"):
        with pytest.raises(OutputError, match="is an input"):
            spare_inputs([tmp_path / name], [film])
    spare_inputs([tmp_path / "new.mkv", tmp_path / "a\0b"], [film, Path("none")])
    with pytest.raises(OutputError, match="twice"):
        spare_inputs([tmp_path / "new.mkv", tmp_path / "new.mkv"], [])
