"""The page on what can go wrong names tests that there are."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parent / "docs" / "reliability.md").read_text()
REFERENCE = re.compile(r"`((?:[a-z_]+/)*test_\w+)(?:::(\w+))?`")
NAMED = REFERENCE.findall(PAGE)


def test_all_cases_are_there() -> None:
    assert re.findall(r"^\| (\d+) \|", PAGE.split("## Mended")[0], re.MULTILINE) == [str(n) for n in range(1, 53)]


def test_each_of_the_twelve_kinds_has_three_variants() -> None:
    rows = re.findall(r"^\| [a-z].*$", PAGE.split("## Kinds")[1], re.MULTILINE)[1:]
    assert len(rows) == 12
    for line in rows:
        assert len(set(REFERENCE.findall(line))) >= 3, line


def test_what_names_a_test_is_read_as_one() -> None:
    assert len(re.findall(r"`[^`\n]*test_[^`\n]*`", PAGE)) == len(NAMED)


def test_each_of_the_52_cases_has_a_test() -> None:
    assert "none yet" not in PAGE


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_each_test_that_is_named_is_there(file: str, name: str) -> None:
    text = (TESTS / f"{file}.py").read_text()
    assert re.search(rf"^def \w*{name}", text, re.MULTILINE), f"{file} has no {name}"
