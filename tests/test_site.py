"""The documentation: messages of every kind have a place, every page is in the list, the site can be built."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
CLASSES_OF_THE_INSIDE = {"KinemacolorError", "BrokenSealError"}


def script(name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module


messages, checker = script("list_messages"), script("check_site")


def test_the_page_of_messages_has_a_place_for_each_kind_of_error() -> None:
    places = messages.places()
    assert places["messages"] == set(messages.tree()) - CLASSES_OF_THE_INSIDE
    said_in = {each.module.partition("/")[0] for each in messages.messages() if not each.kind}
    assert said_in <= places["warnings"]


def test_messages_are_read_from_the_source() -> None:
    by_kind = {(each.kind, each.text) for each in messages.messages()}
    assert ("ModelError", "There is no model 'NAME'. Models: CARDS.") in by_kind
    assert ("", "FILE holds FRAMES pictures. The first is used.") in by_kind
    filled = messages.filled((ROOT / "docs" / "messages.md").read_text(encoding="utf-8"))
    assert "<!--" not in filled
    assert "There is no model '<var>NAME</var>'" in filled


def test_every_page_is_in_the_list_of_pages() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    listed = set(re.findall(r"[\w./-]+\.md", nav))
    there = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert there <= listed
    outside = {"CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "benchmarks/results/index.md"}
    assert listed - there == outside


def test_public_names_are_on_a_page_of_the_api() -> None:
    import kinemacolor

    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "api").glob("*.md"))
    shown = {name.rpartition(".")[2] for name in re.findall(r"^::: ([\w.]+)", text, re.MULTILINE)}
    assert set(kinemacolor.__all__) - {"KinemacolorError"} <= shown
    assert "::: kinemacolor.errors\n" in text


def test_broken_links_and_other_hosts_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html#here"></a><a href="b.html#gone"></a><a href="c.html"></a><a href="https://example.org"></a>'
        '<img src="https://example.org/x.png"><style>a { background: url(//example.org/y.png) }</style>'
    )
    (tmp_path / "b.html").write_text('<p id="here">')
    (tmp_path / "s.css").write_text("@import 'https://example.org/s.css';")
    assert checker.faults_in(tmp_path) == [
        "a.html: b.html#gone leads to no place in b.html",
        "a.html: c.html leads nowhere",
        "a.html: loads https://example.org/x.png from another host",
        "a.html: loads //example.org/y.png from another host",
        "s.css: loads https://example.org/s.css from another host",
    ]


@pytest.mark.process
@pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("mkdocs", "material", "mkdocstrings", "latex2mathml")),
    reason="the site's parts are not installed: scripts/install docs",
)
def test_the_site_is_built_without_a_warning_and_without_another_host(tmp_path: Path) -> None:
    for name in ("docs", "scripts", "src", "benchmarks", "examples"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    settings = {**os.environ, "PYTHONPATH": "scripts", "NO_MKDOCS_2_WARNING": "1"}
    for words in (["-m", "mkdocs", "build", "--strict"], ["scripts/check_site.py", "build/site"]):
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=settings, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
