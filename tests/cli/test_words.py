"""Words of a command as shells hand them over, and as people mistype them."""

from pathlib import Path

import pytest
import typer

from kinemacolor.cli import app
from kinemacolor.cli.words import words_of

COMMANDS = typer.main.get_command(app).commands


def taken(command: str, *words: str) -> list[str]:
    found = words_of(COMMANDS[command].params, words)
    assert not found.too_many
    return found.args


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["film.mp4", "-e", "a.png", "b.png", "-o", "x"], ["film.mp4", "-e", "a.png", "-e", "b.png", "-o", "x"]),
        (["-e", "a.png", "b.png@12", "film.mp4"], ["-e", "a.png", "-e", "b.png@12", "film.mp4"]),
        (["film.mp4", "--exemplar=a.png", "-o", "x"], ["film.mp4", "--exemplar=a.png", "-o", "x"]),
        # the film's place is never left empty: one picture may be a film
        (["-e", "a.png", "b.png"], ["-e", "a.png", "b.png"]),
        (["-e", "a.png", "frames_%04d.png"], ["-e", "a.png", "frames_%04d.png"]),
        (["-q", "-e", "a.png", "--start", "-5", "film.mp4"], ["-q", "-e", "a.png", "--start", "-5", "film.mp4"]),
    ],
)
def test_stills_of_a_shells_star_get_a_flag_each(words: list[str], wanted: list[str]) -> None:
    assert taken("colorize", *words) == wanted


@pytest.mark.parametrize("command", ["suggest", "explain", "batch"])
def test_stars_are_the_same_in_every_command_with_stills(command: str) -> None:
    assert taken(command, "film.mp4", "-e", "a.png", "b.png") == ["film.mp4", "-e", "a.png", "-e", "b.png"]


def test_a_folder_among_stills_is_one_of_them(tmp_path: Path) -> None:
    (tmp_path / "shot_b").mkdir()
    words = ["film.mp4", "-e", "shot_a", str(tmp_path / "shot_b")]
    assert taken("colorize", *words) == ["film.mp4", "-e", "shot_a", "-e", str(tmp_path / "shot_b")]


def test_a_star_that_the_shell_left_is_read_here(tmp_path: Path) -> None:
    for name in ("b.png", "a.png", "notes.txt"):
        (tmp_path / name).touch()
    star = str(tmp_path / "*.png")
    assert taken("colorize", "film.mp4", "-e", star) == [
        "film.mp4", "-e", str(tmp_path / "a.png"), "-e", str(tmp_path / "b.png"),
    ]  # fmt: skip
    assert taken("batch", star) == [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    assert taken("colorize", str(tmp_path / "*.mov")) == [str(tmp_path / "*.mov")]


@pytest.mark.parametrize(
    ("command", "words", "many"),
    [
        ("colorize", ["film.mp4", "still.png", "-o", "x"], ["still.png"]),
        ("colorize", ["a.mp4", "b.mp4", "c.mp4"], ["b.mp4", "c.mp4"]),
        ("train", ["recipe", "--data", "a", "b"], ["b"]),
        ("models", ["flow"], ["flow"]),
    ],
)
def test_words_without_a_place_are_found(command: str, words: list[str], many: list[str]) -> None:
    assert words_of(COMMANDS[command].params, words).too_many == many


def all_commands() -> list[str]:
    names = []
    for name, command in COMMANDS.items():
        inner = getattr(command, "commands", None)
        names += [name] if inner is None else [f"{name} {each}" for each in inner]
    return names


@pytest.mark.parametrize("command", all_commands())
def test_every_command_has_the_short_flag_for_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        app([*command.split(), "-h"])
    assert ended.value.code == 0
    assert "Usage" in capsys.readouterr().out
