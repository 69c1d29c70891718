"""All that Kinemacolor can say of a mistake or of a film, read from its source.

    python scripts/list_messages.py            # prints the filled page
    python scripts/list_messages.py --count

``docs/messages.md`` has a line ``<!-- messages: NAME -->`` where those of a class of errors belong, and
``<!-- warnings: FOLDER -->`` for the lines that a part of the program can say before or after the work. The site is
filled when it is built, so that the list cannot fall behind.
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "kinemacolor"
PAGE = ROOT / "docs" / "messages.md"
_PLACE = re.compile(r"^<!-- (messages|warnings): ([\w/.-]+) -->$", re.MULTILINE)
_SAYERS = frozenset({"append", "note", "_note", "noticed"})
_LISTS = frozenset({"warnings", "notes"})
_LEAST_WORDS = 3
_FEW = {"error": "REASON", "reason_of": "REASON", "reason_of_failed_write": "REASON", "why": "REASON", "path": "FILE"}


@dataclass(frozen=True, slots=True)
class Message:
    """A text with capital words where the program puts its own. ``kind`` is the class of the error, "" of a line."""

    text: str
    kind: str
    module: str


@cache
def tree() -> dict[str, str]:
    """The errors of users: each class with the one that it is a kind of, as ``errors.py`` and others define them."""
    found = {"KinemacolorError": ""}
    classes = [
        (node.name, ast.unparse(base).rpartition(".")[2])
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    ]
    while new := {name: base for name, base in classes if base in found and name not in found}:
        found |= new
    return found


@cache
def messages() -> tuple[Message, ...]:
    """Every message in the source, by module."""
    found: dict[tuple[str, str], Message] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        module = path.relative_to(SOURCE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (kind := _kind_of(node)) is not None:
                for argument in node.args[:2]:
                    text = text_of(argument)
                    if text is not None and len(text.split()) >= _LEAST_WORDS:
                        found.setdefault((kind, text), Message(text, kind, module))
    return tuple(found.values())


def _kind_of(call: ast.Call) -> str | None:
    """The class of an error, "" for a line that is said, None for any other call."""
    name = ast.unparse(call.func).rpartition(".")
    if name[2] in tree():
        return name[2]
    if name[2] not in _SAYERS:
        return None
    return "" if name[2] != "append" or name[0].rpartition(".")[2] in _LISTS else None


def text_of(node: ast.expr) -> str | None:
    """A text as it is written in code, with a capital word for what is put in; None where it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [text_of(node.left), text_of(node.right)]
        return None if None in parts else "".join(map(str, parts))
    if not isinstance(node, ast.JoinedStr):
        return None
    out = ""
    for part in node.values:
        out += str(part.value) if isinstance(part, ast.Constant) else _word_of(part)
    return out


def _word_of(part: ast.expr) -> str:
    """A capital word for a value: the last name in its expression, "..." where there are several."""
    assert isinstance(part, ast.FormattedValue)
    value = part.value
    if isinstance(value, ast.Call):
        name = ast.unparse(value.func).rpartition(".")[2]
        if name in _FEW:
            return _FEW[name]
        if name in ("join", "len", "str", "sorted") and value.args:
            names = [each.id for each in ast.walk(value.args[0]) if isinstance(each, ast.Name)]
            return names[-1].upper() if names else "..."
        return name.strip("_").removesuffix("_of").upper()
    names = [each for each in ast.walk(value) if isinstance(each, ast.Name | ast.Attribute)]
    if isinstance(value, ast.Name | ast.Attribute | ast.Subscript) and names:
        first = names[0]
        name = first.attr if isinstance(first, ast.Attribute) else first.id
        return _FEW.get(name, name.strip("_").upper())
    return "..."


def filled(page: str) -> str:
    """The page with lists in place of its marks."""

    def listed(found: re.Match[str]) -> str:
        if found[1] == "messages":
            chosen = [each for each in messages() if each.kind == found[2]]
        else:
            chosen = [each for each in messages() if not each.kind and each.module.startswith(f"{found[2]}/")]
        return "\n".join(lines_of(chosen)) or "(none of its own)"

    return _PLACE.sub(listed, page)


def lines_of(chosen: list[Message]) -> Iterator[str]:
    """Messages as a list, in the order of the alphabet."""
    for each in sorted({message.text for message in chosen}, key=str.lower):
        safe = each.replace("\\", "\\\\").replace("<", "&lt;").replace("`", "'").replace("\n", " ")
        yield "- " + re.sub(r"([*_\[\]|])", r"\\\1", re.sub(r"\b([A-Z][A-Z_0-9]{2,})\b", r"<var>\1</var>", safe))


def places() -> dict[str, set[str]]:
    """What the page has marks for: ``messages`` and ``warnings``."""
    marks: dict[str, set[str]] = {"messages": set(), "warnings": set()}
    for what, name in _PLACE.findall(PAGE.read_text(encoding="utf-8")):
        marks[what].add(name)
    return marks


if __name__ == "__main__":
    if "--count" in sys.argv:
        said = messages()
        print(f"{sum(bool(each.kind) for each in said)} errors and {sum(not each.kind for each in said)} lines")
    else:
        print(filled(PAGE.read_text(encoding="utf-8")))
