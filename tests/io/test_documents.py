"""JSON that may come from anybody: whatever is wrong with it is one error, which says where."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kinemacolor.io.documents import DocumentError, json_object, read_json, read_lines, read_toml


def test_what_was_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": [1, 2.5, "ü", null]}')
    assert read_json(tmp_path / "a.json") == {"a": [1, 2.5, "ü", None]}
    assert json_object(tmp_path / "a.json") == read_json(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1, column 1"),
        (b'{"a": 1,\n"b" 2}', "line 2, column 5"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"[" * 100_000, "recursion"),
        (b"9" * 5000, "digits"),
        (b'"' + b"x" * 1000 + b'"', "1000|limit"),
    ],
)
def test_other_text_is_one_error_with_its_place(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    limit = 900 if content.startswith(b'"') else 2**20
    with pytest.raises(DocumentError, match=said):
        read_json(tmp_path / "a.json", limit_bytes=limit)


@pytest.mark.parametrize("number", ["1" + "0" * 400, str(2**63), str(-(2**63)), "9" * 5000])
@pytest.mark.parametrize("around", ["%s", '{"a": [1, {"b": %s}]}'])
def test_a_whole_number_beyond_64_bits_is_refused(tmp_path: Path, number: str, around: str) -> None:
    (tmp_path / "a.json").write_text(around % number)
    with pytest.raises(DocumentError, match="whole number"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.toml").write_text(f"a = 1\n[[b]]\nc = [1, {number}]\n")
    with pytest.raises(DocumentError, match=r"whole number|digits"):
        read_toml(tmp_path / "a.toml")


def test_the_largest_whole_numbers_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(f"[{2**63 - 1}, {1 - 2**63}, 1e300]")
    assert read_json(tmp_path / "a.json") == [2**63 - 1, 1 - 2**63, 1e300]


@pytest.mark.parametrize("content", ["null", "[]", "1", '"a"'])
def test_an_object_is_an_object(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DocumentError, match="no object"):
        json_object(tmp_path / "a.json")


@pytest.mark.parametrize("kind", ["pipe", "folder", "link", "device"])
def test_what_is_no_file_of_ours_is_not_opened(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "a.json"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    elif kind == "link":
        (tmp_path / "other.json").write_text("{}")
        place.symlink_to("other.json")
    else:
        place = Path("/dev/zero")
    with pytest.raises(DocumentError):
        read_json(place, follow_links=False)


def test_a_missing_file_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "a.json")


def test_toml_and_lists_are_read_with_the_same_care(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("a = 1\n[b]\nc = 'x'\n")
    assert read_toml(tmp_path / "a.toml") == {"a": 1, "b": {"c": "x"}}
    (tmp_path / "a.txt").write_text("\ufeffone\n\n  two  # a remark\n#three\n")
    assert read_lines(tmp_path / "a.txt") == ["one", "two"]


@pytest.mark.parametrize("content", [b"a = ", b"\xff\xfe", b"a = " + b"[" * 50_000, b"a = " + b"9" * 5000])
def test_other_toml_is_one_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(DocumentError):
        read_toml(tmp_path / "a.toml")


@pytest.mark.parametrize("read", [read_toml, read_lines])
def test_what_is_no_text_is_one_error(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    for name in ("pipe", "bytes", ""):
        with pytest.raises(DocumentError):
            read(tmp_path / name)
