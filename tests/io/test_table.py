"""Tables as people and spreadsheets write them."""

import csv
import os
from pathlib import Path

import pytest

from kinemacolor.io.table import cell, read_table


@pytest.mark.parametrize("between", [",", ";"])
def test_columns_are_found_by_name_whatever_stands_between_them(tmp_path: Path, between: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text("File, Note\na.png, one\n\nb.png\n".replace(",", between))
    table = read_table(path)
    assert (table.columns, table.line) == (("file", "note"), 1)
    assert [(row.line, row.cells) for row in table.rows] == [
        (2, {"file": "a.png", "note": "one"}),
        (4, {"file": "b.png", "note": ""}),
    ]


def test_a_comma_in_the_first_line_settles_it(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("file,note\na;b.png,x;y\n")
    assert read_table(path).rows[0].cells == {"file": "a;b.png", "note": "x;y"}


def test_comments_a_byte_order_mark_and_what_is_too_much_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(b"\xef\xbb\xbf# by hand\nfile\n# none\n'a',b\n" + b'"c,d"\n')
    table = read_table(path)
    assert (table.columns, table.line) == (("file",), 2)
    assert [row.cells["file"] for row in table.rows] == ["'a'", "c,d"]


def test_an_empty_file_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("\n")
    assert read_table(tmp_path / "table.csv").columns == ()


def test_what_is_no_text_is_for_the_caller_to_name(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnicodeDecodeError):
        read_table(tmp_path / "table.csv")


@pytest.mark.parametrize("text", ["=1+1", "+49 170", "-still.png", "@SUM(A1)", "=cmd|' /C calc'!A0"])
def test_what_a_spreadsheet_would_compute_is_quoted_and_comes_back(tmp_path: Path, text: str) -> None:
    assert cell(text) == f"'{text}"
    with (tmp_path / "t.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["file"], [cell(text)]])
    assert read_table(tmp_path / "t.csv").rows[0].cells["file"] == text


@pytest.mark.parametrize("value", [-3, -0.5, None, "-3", "+1.5", "1e-3", "still.png", "'quoted'", ""])
def test_numbers_and_plain_texts_stay(tmp_path: Path, value: object) -> None:
    assert cell(value) == ("" if value is None else str(value))


@pytest.mark.parametrize("content", [b"start\n" + b"x" * 200_000, b"start\n0\n\0\n" * 2 + b"y" * 140_000])
def test_a_cell_without_measure_is_an_error_that_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(OSError, match="no table"):
        read_table(tmp_path / "t.csv")


def test_a_pipe_is_no_table(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    with pytest.raises(OSError, match="pipe"):
        read_table(tmp_path / "t.csv")
