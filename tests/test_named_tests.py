"""The pages on what can go wrong and on real files name tests that there are."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE, FILES = ((TESTS.parent / "docs" / f"{name}.md").read_text() for name in ("reliability", "real-files"))
REFERENCE = re.compile(r"`((?:[a-z_]+/)*test_\w+)(?:::(\w+))?`")
NAMED = REFERENCE.findall(PAGE + FILES)


def rows_of(table: str) -> list[str]:
    """The rows of the first table of a section, without its head."""
    rows = re.findall(r"^\| .*$", table, re.MULTILINE)
    return [line for line in rows[1:] if not line.startswith("|---")]


def test_all_cases_are_there() -> None:
    assert re.findall(r"^\| (\d+) \|", PAGE.split("## Mended")[0], re.MULTILINE) == [str(n) for n in range(1, 53)]


@pytest.mark.parametrize(("section", "kinds"), [(PAGE.split("## Kinds")[1], 12), (FILES.split("## Variants")[1], 11)])
def test_each_kind_has_three_variants(section: str, kinds: int) -> None:
    rows = rows_of(section)
    assert len(rows) == kinds
    for line in rows:
        assert len(set(REFERENCE.findall(line))) >= 3, line


def test_what_names_a_test_is_read_as_one() -> None:
    assert len(re.findall(r"`[^`\n]*test_[^`\n]*`", PAGE + FILES)) == len(NAMED)


def test_the_kinds_of_real_files_are_counted() -> None:
    assert re.findall(r"^\| (\d+)\. ", FILES, re.MULTILINE) == [str(n) for n in range(1, 12)]


def test_each_of_the_52_cases_has_a_test() -> None:
    assert "none yet" not in PAGE


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_each_test_that_is_named_is_there(file: str, name: str) -> None:
    text = (TESTS / f"{file}.py").read_text()
    assert re.search(rf"^def (test_)?{name}", text, re.MULTILINE), f"{file} has no {name}"
