"""What the documentation site needs beyond Markdown (mkdocs calls the functions ``on_...``).

Pages keep their places in the repository, where their links lead from file to file. In the site ``docs/`` is the
root, and the files outside of it that pages link to (results, changes, how to join) are pages of it under their own
paths; so links lose the steps that lead out of ``docs/`` and back in. Formulas become MathML, and the page of
messages is filled from the source.
"""

import html
import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "scripts")]

from list_messages import filled  # noqa: E402 - a neighbor, found once its folder is known

OUTSIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CITATION.cff", "LICENSE")
FOLDERS = ("benchmarks/results", "examples/cluster", "examples/sample")
SINGLE = ("benchmarks/val_leaving.txt", "benchmarks/stock_footage.txt")
_LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")
_RESULTS = "benchmarks/results/index.md"


def outside_files() -> list[str]:
    """Paths, from the root, of what belongs to the site and lies outside ``docs/``."""
    listed = [path for name in FOLDERS for path in sorted((ROOT / name).iterdir()) if path.is_file()]
    return [*OUTSIDE, *SINGLE, *(path.relative_to(ROOT).as_posix() for path in listed)]


def on_files(files: Files, *, config: Any) -> Files:
    """Adds the files from outside ``docs/``, and a list of the measurements."""
    for name in outside_files():
        if (ROOT / name).is_file():
            files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    files.append(File.generated(config, _RESULTS, content=_list_of_results()))
    return files


def _list_of_results() -> str:
    lines = ["# Measurements", "", "Each page says what was measured, on what, by which script, and when.", ""]
    for path in sorted((ROOT / "benchmarks" / "results").glob("*.md"), reverse=True):
        title = path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")
        lines.append(f"- {path.stem[:10]}: [{title}]({path.name})")
    return "\n".join(lines) + "\n"


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """The page's text with links as they are in the site, and messages in their places."""
    place = page.file.src_uri
    is_outside = place in OUTSIDE or place.startswith("benchmarks/")
    at_home = place if is_outside else f"docs/{place}"

    def moved(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(at_home), found[2]))
        there = target.removeprefix("docs/")
        return f"{found[1]}{posixpath.relpath(there, posixpath.dirname(place) or '.')}{found[3]}"

    parts = re.split(r"(^```.*?^```$)", markdown, flags=re.DOTALL | re.MULTILINE)
    text = "".join(part if part.startswith("```") else _LINK.sub(moved, part) for part in parts)
    return filled(text) if place == "messages.md" else text


def as_mathml(source: str, *_: Any, **__: Any) -> str:
    """A block of LaTeX as MathML, which browsers draw themselves; a blank line begins another formula."""
    from latex2mathml.converter import convert

    formulas = [convert(each, display="block") for each in source.split("\n\n") if each.strip()]
    return f'<div class="math" role="math" aria-label="{html.escape(source)}">{"".join(formulas)}</div>'
