"""What stands on the screen: nothing of others steers the terminal, and no error is a traceback."""

from pathlib import Path

import pytest

from kinemacolor import cli
from kinemacolor.cli.crash import last_word
from kinemacolor.cli.screen import shown
from kinemacolor.errors import InputError


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\x1b[31mred\x1b]0;title\x07", r"\x1b[31mred\x1b]0;title\x07"),
        ("a\rb\x00c\x9b2J", r"a\rb\x00c\x9b2J"),
        ("evil\u202egnp.exe", r"evil\u202egnp.exe"),
        ("half \udc80", r"half \udc80"),
        ("plain ä 映 🎬\tand\nlines", "plain ä 映 🎬\tand\nlines"),
    ],
)
def test_names_cannot_steer_the_terminal(text: str, safe: str) -> None:
    assert shown(text) == safe


def test_an_error_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise InputError("a\nError: b\x1b[2J")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    assert capsys.readouterr().err == "Error: a Error: b\\x1b[2J\n"


@pytest.mark.parametrize("error", [TypeError("odd"), RecursionError("deep"), ValueError("two\nlines"), KeyError("x")])
def test_an_unforeseen_error_is_one_line_and_a_report(
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    said = capsys.readouterr().err
    assert said.startswith("Error: This should not have happened")
    assert said.count("\n") == 1
    (report,) = tmp_path.iterdir()
    assert str(report) in said
    written = report.read_text()
    assert "Traceback" in written
    assert type(error).__name__ in written
    assert "torch" in written


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        type("OutOfMemoryError", (RuntimeError,), {})("CUDA"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_case_38_out_of_memory_has_a_remedy_and_no_report(error: Exception) -> None:
    assert "--working-size" in last_word(error)


@pytest.mark.parametrize("error", [PermissionError(13, "No permission", "a.mkv"), OSError(36, "Name too long", "b")])
def test_a_file_that_cannot_be_used_is_named(error: OSError) -> None:
    assert last_word(error) == f"{error.filename} cannot be used ({error.strerror})."
