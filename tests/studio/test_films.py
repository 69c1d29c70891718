from pathlib import Path

import pytest

from kinemacolor.engine.project.files import Project, write_settings
from kinemacolor.studio.films import NoSuchFilmError, WorkFolder, safe_name, slug


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("reel.mov", "reel.mov"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("C:\\films\\reel.mov", "reel.mov"),
        ("\\\\server\\share\\reel.mov", "reel.mov"),
        ("reel.mov::$DATA", "reel.mov_$DATA"),
        ("\0\n", "_"),
        ("..", "film"),
        ("", "film"),
        (".hidden", "hidden"),
        ("<img src=x onerror=alert(1)>.mp4", "_img src=x onerror=alert(1)_.mp4"),
        ("ぼくの映画 🎬.mkv", "ぼくの映画 🎬.mkv"),
    ],
)
def test_case_46_names_never_lead_out_of_their_folder(given: str, name: str) -> None:
    assert safe_name(given) == name


def test_long_names_are_cut_between_characters() -> None:
    assert len(safe_name("映" * 300 + ".mp4").encode()) <= 140


def test_slugs_are_plain() -> None:
    assert slug("Tante Käthe – Urlaub (1936)") == "tante-kathe-urlaub-1936"
    assert slug("映画") == "film"


@pytest.mark.parametrize("name", ["..", "../other", "/etc", ".studio", "", "reel/../reel", "REEL\0"])
def test_case_46_films_are_looked_up_and_not_made_into_paths(tmp_path: Path, name: str) -> None:
    folder = WorkFolder(tmp_path / "work")
    (tmp_path / "other.kinemacolor").mkdir()
    with pytest.raises(NoSuchFilmError):
        folder.require(name)


def test_case_46_a_link_is_no_film(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path / "work")
    (tmp_path / "secret.mov").write_bytes(b"x")
    (folder.root / "films").mkdir()
    (folder.root / "films" / "linked").symlink_to(tmp_path)
    project = tmp_path / "elsewhere.kinemacolor"
    project.mkdir()
    write_settings(Project(project, tmp_path / "secret.mov", tmp_path / "out.mov"))
    (folder.root / "linked2.kinemacolor").symlink_to(project)
    assert folder.names() == []


def test_two_films_of_one_name_are_two(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path)
    folder.place_for(folder.new_name("Reel"), "Reel.mov").write_bytes(b"x")
    assert folder.new_name("reel") == "reel-2"


def test_what_is_left_of_an_upload_goes(tmp_path: Path) -> None:
    folder = WorkFolder(tmp_path)
    folder.place_for("reel", "reel.mov").with_name(".reel.partial").write_bytes(b"x")
    folder.clear_up()
    assert not (tmp_path / "films" / "reel").exists()
