"""A release holds together: one version and date everywhere, extras that are explained, scripts that are there."""

import re
import tomllib
from pathlib import Path

import pytest

from kinemacolor import __version__

ROOT = Path(__file__).parents[1]
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_version_and_date_are_the_same_in_the_changes_and_in_the_citation() -> None:
    version, date = re.findall(r"^## \[(\d[\w.]*)\] - (\d{4}-\d\d-\d\d)$", text_of("CHANGELOG.md"), re.MULTILINE)[0]
    citation = text_of("CITATION.cff")
    assert version == __version__
    assert f"\nversion: {version}\n" in citation
    assert f"\ndate-released: {date}\n" in citation


def test_changes_are_sorted_into_their_kinds_in_order() -> None:
    parts = re.split(r"^## .*$", text_of("CHANGELOG.md"), flags=re.MULTILINE)[1:]
    for part in parts:
        kinds = re.findall(r"^### (.*)$", part, re.MULTILINE)
        assert kinds == [each for each in KINDS if each in kinds]


def test_the_citation_names_the_four_papers() -> None:
    citation = text_of("CITATION.cff")
    for title in ("ColorMNet: A Memory", "BiSTNet: Semantic", "Deep Exemplar-based Video", "Reference-Based Video"):
        assert title in citation


def test_every_extra_is_explained() -> None:
    page = text_of("docs/install.md")
    for extra in PROJECT["optional-dependencies"]:
        assert f"| `{extra}` |" in page


def test_what_tests_need_of_the_extras_is_in_dev() -> None:
    """Names alone: the versions that users get are those of the extras."""
    extras = PROJECT["optional-dependencies"]
    dev = {re.split(r"[<>=\[]", each)[0] for each in extras["dev"]}
    for extra in ("web", "eval", "heic", "edges"):
        assert {re.split(r"[<>=\[]", each)[0] for each in extras[extra]} <= dev


def test_every_promised_python_is_a_classifier_and_is_tried() -> None:
    promised = set(re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"])))
    checks = text_of(".github/workflows/checks.yml")
    assert promised == {"3.11", "3.12", "3.13"}
    assert all(f'"{each}"' in checks for each in promised)


@pytest.mark.parametrize("name", ["checks", "versions"])
def test_workflows_call_scripts_that_are_there(name: str) -> None:
    workflow = text_of(f".github/workflows/{name}.yml")
    called = set(re.findall(r"scripts/(\w+)", workflow))
    assert called
    for script in called:
        assert (ROOT / "scripts" / script).stat().st_mode & 0o111, script


def test_templates_ask_for_the_doctor() -> None:
    assert "kinemacolor doctor" in text_of(".github/ISSUE_TEMPLATE/fault.yml")
    assert "kinemacolor doctor" in text_of(".github/pull_request_template.md")


def test_constraints_name_no_place_and_every_package_that_is_needed() -> None:
    lines = text_of("constraints.txt").splitlines()
    assert not [line for line in lines if "://" in line or line.startswith("-")]
    held = {line.partition("==")[0] for line in lines}
    needed = {re.split(r"[<>=\[]", each)[0] for each in PROJECT["dependencies"]} - {"torch"}
    assert needed <= held


def test_commands_of_scripts_are_explained() -> None:
    page = text_of("CONTRIBUTING.md")
    for script in ("test", "check", "coverage", "docs", "build", "versions", "sbom"):
        assert f"`scripts/{script}" in page
