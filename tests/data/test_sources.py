"""Tests of which files are learnt from."""

from pathlib import Path

import pytest

from kinemacolor.data.sources import Exclusions, Source, find_sources, license_classes_of
from kinemacolor.errors import InputError, SettingError


def test_a_folder_of_consecutive_numbers_is_one_clip_and_other_pictures_are_photographs(
    training_folder: Path,
) -> None:
    kinds = {source.path.name: source.kind for source in find_sources([training_folder])}
    assert kinds["numbered"] == "frames"
    assert kinds["one.mp4"] == "film"
    assert kinds["photo_a.jpg"] == "photograph"
    assert "000.png" not in kinds


def test_numbers_with_gaps_are_photographs(tmp_path: Path) -> None:
    for number in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        (tmp_path / f"photo_{number}.jpg").touch()
    assert {source.kind for source in find_sources([tmp_path])} == {"photograph"}


def test_only_the_licence_classes_asked_for_are_taken(training_folder: Path) -> None:
    names = {s.path.name for s in find_sources([training_folder], license_classes=["permissive"])}
    assert names == {"one.mp4", "photo_a.jpg", "numbered"}
    names = {s.path.name for s in find_sources([training_folder / "bought"], license_classes=["non-commercial"])}
    assert names == {"two.mp4"}


def test_what_the_table_does_not_name_is_unknown(training_folder: Path) -> None:
    source = next(s for s in find_sources([training_folder]) if s.path.name == "photo_b.jpg")
    assert source == Source(source.path, "photograph", "unknown")


def test_licence_classes_without_a_table_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    with pytest.raises(SettingError, match=r"SOURCES\.csv"):
        find_sources([tmp_path], license_classes=["permissive"])


def test_nothing_to_learn_from_is_an_error(training_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No films or photographs of license class none-such"):
        find_sources([training_folder], license_classes=["none-such"])
    with pytest.raises(InputError, match="does not exist"):
        find_sources([tmp_path / "missing"])


def test_a_table_without_its_columns_is_an_error(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("file,kind\na,b\n")
    with pytest.raises(InputError, match="no column license_class"):
        license_classes_of(table)


def test_names_and_patterns_in_a_file_are_left_out(training_folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "not_these.txt"
    listed.write_text("# remark\n\none  # a film\nphoto_*\nnumbered\n")
    kept = {s.path.name for s in find_sources([training_folder], excluded=Exclusions.of_files([listed]))}
    assert kept == {"two.mp4", "gray.mp4", "short.mp4", "broken.mp4"}
    with pytest.raises(InputError, match="does not exist"):
        Exclusions.of_files([tmp_path / "missing.txt"])


def test_files_whose_license_holds_a_word_are_left_out(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.jpg").touch()
    (tmp_path / "SOURCES.csv").write_text("file,licence_class,licence\na.jpg,free,CC0 (Pexels)\nb.jpg,free,CC0\n")
    kept = {s.path.name for s in find_sources([tmp_path], excluded=Exclusions(licenses=("pexels",)))}
    assert kept == {"b.jpg", "c.jpg"}


def test_excluding_by_license_without_a_table_that_says_it_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    with pytest.raises(SettingError, match=r"SOURCES\.csv"):
        find_sources([tmp_path], excluded=Exclusions(licenses=("Pexels",)))
    (tmp_path / "SOURCES.csv").write_text("file,licence_class\na.jpg,free\n")
    with pytest.raises(InputError, match="no column license"):
        find_sources([tmp_path], excluded=Exclusions(licenses=("Pexels",)))


def test_a_list_of_exclusions_that_is_no_text_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"list\.txt cannot be read"):
        Exclusions.of_files([tmp_path / "list.txt"])
