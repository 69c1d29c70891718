"""One run an output, nothing half written, nothing of others touched."""

import subprocess
import sys
from pathlib import Path

import pytest

from kinemacolor.errors import BusyError, OutputError, OutputExistsError
from kinemacolor.io.destination import Destination, discard_left_over, spare_inputs, write_file
from kinemacolor.io.sequence import Pattern

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
    first = Destination.for_pictures(Pattern(tmp_path / "out", "f_%d.png"), overwrite=False)
    with pytest.raises(BusyError):
        Destination.for_pictures(Pattern(tmp_path / "out", "f_%d.png"), overwrite=False)
    first.discard()
    Destination.for_pictures(Pattern(tmp_path / "out", "f_%d.png"), overwrite=False).commit()
    assert names(tmp_path) == ["out"]


def test_outputs_of_like_names_are_no_hindrance(tmp_path: Path) -> None:
    like = ["a" * 60 + end + ".mkv" for end in "xyz"] + ["a.mkv", "a.mp4", "b.a.mkv"]
    made = [Destination.for_file(tmp_path / name, "-", overwrite=False) for name in like]
    for each in made:
        each.commit()
    assert names(tmp_path) == sorted(like)


@pytest.mark.parametrize("kind", ["file", "pictures", "pictures, others there"])
def test_what_nobody_answers_for_goes_with_its_object(tmp_path: Path, kind: str) -> None:
    if kind == "file":
        destination = Destination.for_file(tmp_path / "out.mp4", "-", overwrite=False)
    else:
        if "others" in kind:
            (tmp_path / "frames").mkdir()
            (tmp_path / "frames" / "mine.txt").touch()
        pattern = Pattern(tmp_path / "frames", "%d.png")
        destination = Destination.for_pictures(pattern, overwrite=False)
    assert destination.partial.exists()
    del destination
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == (["mine.txt"] if "others" in kind else [])
    assert not list(tmp_path.rglob("*.partial*"))


@pytest.mark.process
def test_what_nobody_answers_for_goes_with_the_process(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kinemacolor.io.destination import Destination; "
        "from kinemacolor.interruption import end_now; "
        "kept = Destination.for_file(Path(sys.argv[1]), '-', overwrite=False); "
        "assert kept.partial.exists(); end_now()"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out.mp4")], check=False)
    assert done.returncode == 130
    assert not list(tmp_path.iterdir())


@pytest.mark.process
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_case_33_what_a_killed_run_left_goes_with_the_next(tmp_path: Path, kind: str) -> None:
    make = (
        "for_file(p, '-', overwrite=True)" if kind == "file" else "for_pictures(Pattern(p, '%d.png'), overwrite=True)"
    )
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom kinemacolor.io.destination import Destination, Pattern\n"
        f"p = Path(sys.argv[1])\nd = Destination.{make}\n"
        "(d.partial / '1.png').touch() if d.partial.is_dir() else None\n"
        "os.kill(os.getpid(), 9)\n"
    )
    output = tmp_path / ("out.mkv" if kind == "file" else "out")
    subprocess.run([sys.executable, "-c", code, str(output)], check=False)
    assert len(names(tmp_path)) == 1
    (tmp_path / ".other.0123abcd.partial.mkv").touch()
    if kind == "file":
        Destination.for_file(output, "-", overwrite=True).commit()
    else:
        Destination.for_pictures(Pattern(output, "%d.png"), overwrite=True).commit()
    assert names(tmp_path) == [".other.0123abcd.partial.mkv", output.name]


def test_what_came_meanwhile_is_not_replaced_without_leave(tmp_path: Path) -> None:
    destination = Destination.for_file(tmp_path / "out.mkv", "-", overwrite=False)
    (tmp_path / "out.mkv").write_text("mine")
    with pytest.raises(OutputExistsError, match="meanwhile"):
        destination.commit()
    destination.discard()
    assert (tmp_path / "out.mkv").read_text() == "mine"
    assert names(tmp_path) == ["out.mkv"]


def pictures(folder: Path, word: str, numbers: range) -> Path:
    folder.mkdir(exist_ok=True)
    for i in numbers:
        (folder / f"f_{i}.png").write_text(word)
    return folder


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def replace_pictures(folder: Path, numbers: range = range(3)) -> None:
    destination = Destination.for_pictures(Pattern(folder, "f_%d.png"), overwrite=True)
    pictures(destination.partial, "new", numbers)
    destination.commit()


NEW = {f"f_{i}.png": "new" for i in range(3)}


@pytest.mark.parametrize("other", ["nothing", "file", "link", "folder"])
def test_new_pictures_take_the_place_of_the_old_and_all_else_stays(tmp_path: Path, other: str) -> None:
    out = pictures(tmp_path / "out", "old", range(5))
    out.chmod(0o750)
    (tmp_path / "mine.txt").write_text("mine")
    if other == "file":
        (out / "mine.txt").write_text("mine")
        (out / "mine.txt").chmod(0o600)
    elif other == "link":
        (out / "mine.txt").symlink_to(tmp_path / "mine.txt")
    elif other == "folder":
        pictures(out / "mine", "mine", range(2))
    place = out.stat().st_ino
    replace_pictures(out)
    assert contents(out) == NEW | ({"mine.txt": "mine"} if other in ("file", "link") else {})
    assert out.stat().st_ino == place
    assert out.stat().st_mode & 0o777 == 0o750
    assert names(tmp_path) == ["mine.txt", "out"]
    if other == "file":
        assert (out / "mine.txt").stat().st_nlink == 1
        assert (out / "mine.txt").stat().st_mode & 0o777 == 0o600
    elif other == "link":
        assert (out / "mine.txt").is_symlink()
    elif other == "folder":
        assert names(out / "mine") == ["f_0.png", "f_1.png"]


def test_a_folder_that_one_stands_in_keeps_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = pictures(tmp_path / "out", "old", range(5))
    monkeypatch.chdir(out)
    place = out.stat().st_ino
    replace_pictures(out)
    assert contents(Path()) == NEW
    assert out.stat().st_ino == place


@pytest.mark.parametrize("lacking", ["exchange", "links", "both"])
def test_a_disk_that_cannot_swap_gets_its_pictures_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    def refuse(*names: object, **more: object) -> None:
        raise OSError(95, "Operation not supported")

    if lacking != "links":
        monkeypatch.setattr("kinemacolor.io.swap.exchange", lambda *names: False)
    if lacking != "exchange":
        monkeypatch.setattr("os.link", refuse)
    for numbers in (range(5), range(0)):
        out = pictures(tmp_path / f"out{len(numbers)}", "old", numbers)
        (out / "mine.txt").write_text("mine")
        replace_pictures(out)
        assert contents(out) == {**NEW, "mine.txt": "mine"}
        assert names(out) == sorted(contents(out))
    assert names(tmp_path) == ["out0", "out5"]


@pytest.mark.parametrize("swappable", [True, False])
def test_pictures_that_came_meanwhile_are_not_replaced_without_leave(tmp_path: Path, swappable: bool) -> None:
    out = pictures(tmp_path / "out", "old", range(0))
    if not swappable:
        (out / "mine").mkdir()
    destination = Destination.for_pictures(Pattern(out, "f_%d.png"), overwrite=False)
    pictures(destination.partial, "new", range(3))
    (out / "f_1.png").write_text("mine")
    with pytest.raises(OutputExistsError, match="meanwhile"):
        destination.commit()
    destination.discard()
    assert contents(out) == {"f_1.png": "mine"}
    assert names(tmp_path) == ["out"]


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
    link = tmp_path / ".out.0123abcd.partial.mkv"
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


@pytest.mark.process
@pytest.mark.parametrize("name", ["report.html", "s.t.r.i.p.png", "ü" * 60 + ".csv"])
def test_a_file_that_a_kill_left_half_written_goes_with_the_next(tmp_path: Path, name: str) -> None:
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom kinemacolor.io.destination import write_file\n"
        "os.replace = os.rename = lambda *names: os.kill(os.getpid(), 9)\nwrite_file(Path(sys.argv[1]), b'half')\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / name)], check=False)
    assert ".partial" in "".join(names(tmp_path))
    write_file(tmp_path / name, b"whole")
    assert contents(tmp_path) == {name: "whole"}
