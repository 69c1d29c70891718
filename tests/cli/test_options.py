"""Options of a run on the command line: written down once, in ``engine.job``."""

from typing import Annotated, get_args, get_origin

import pytest
import typer
from typer.testing import CliRunner

from kinemacolor.cli.colorize import colorize
from kinemacolor.cli.options import takes_options
from kinemacolor.engine.job import option_fields


def given(*words: str, names: tuple[str, ...] | None = None, **defaults: object) -> dict[str, object]:
    """The options that a command gets from these words."""
    seen: dict[str, object] = {}
    app = typer.Typer()

    @app.command()
    @takes_options(names, **defaults)
    def command(options: dict[str, object], own: Annotated[int, typer.Option()] = 3) -> None:
        """A command with one option of its own."""
        seen.update(options, own=own)

    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return seen


def test_colorize_has_every_option_of_a_run() -> None:
    assert set(colorize.__signature__.parameters) == {*option_fields(), "quiet"}


def test_every_option_is_told_in_a_sentence() -> None:
    for parameter in colorize.__signature__.parameters.values():
        assert get_origin(parameter.annotation) is Annotated
        assert get_args(parameter.annotation)[1].help.endswith("."), parameter.name


def test_what_is_not_given_is_as_a_job_has_it() -> None:
    assert given(names=("codec", "exemplars", "settings", "overwrite", "start")) == {
        "codec": None,
        "exemplars": (),
        "settings": {},
        "overwrite": False,
        "start": None,
        "own": 3,
    }


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["-e", "a.png@1", "--exemplar", "b.png"], "exemplars", ("a.png@1", "b.png")),
        (["--set", "temperature=0.02", "--set", "stride=1"], "settings", {"temperature": "0.02", "stride": "1"}),
        (["--crf", "18"], "quality", 18.0),
        (["--no-both-ways"], "both_ways", False),
        (["--precision", "bf16"], "precision", "bf16"),
        (["--restrict", "dense"], "restrict", "dense"),
        (["--no-track"], "track", False),
    ],
)
def test_words_become_values(words: list[str], name: str, value: object) -> None:
    assert given(*words, names=(name,), track=True)[name] == value


def test_a_commands_own_default_comes_first() -> None:
    assert given(names=("track",), track=True)["track"] is True
    assert given(names=("track",))["track"] is False
