"""The public surface is what ``public_surface.txt`` says: any change to it is an edit of that file.

    python tests/test_public_surface.py --write

brings the file up to date; the change then shows in review. Public are the names of ``kinemacolor.__all__``: the
arguments of functions, the fields of classes, and their methods, as the source has them.
"""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import kinemacolor

INVENTORY = Path(__file__).with_name("public_surface.txt")
_MARKS = ("property", "classmethod", "staticmethod", "abstractmethod")


def surface() -> str:
    """Every public name; below it, set in, its arguments or its fields and methods, one a line."""
    return "".join(f"{line}\n" for name in kinemacolor.__all__ for line in lines_of(definition_of(name)))


def definition_of(name: str) -> ast.stmt:
    """The syntax tree of a class or function."""
    source = inspect.getsource(inspect.unwrap(getattr(kinemacolor, name)))
    return ast.parse(textwrap.dedent(source)).body[0]


def lines_of(node: ast.stmt) -> Iterator[str]:
    """What of a definition others can rely on."""
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        yield f"class {node.name}({bases})" if bases else f"class {node.name}"
        for member in node.body:
            if not _name_of(member).startswith("_"):
                yield from (f"    {line}" for line in lines_of(member))
    elif isinstance(node, ast.AnnAssign):
        yield ast.unparse(node)
    elif isinstance(node, ast.FunctionDef):
        marks = [mark for each in node.decorator_list if (mark := ast.unparse(each)) in _MARKS]
        yield from (f"@{mark}" for mark in marks)
        yield f"{node.name}{'' if node.returns is None else f' -> {ast.unparse(node.returns)}'}"
        yield from (f"    {argument}" for argument in _arguments(node.args))


def _name_of(node: ast.stmt) -> str:
    return ast.unparse(node.target) if isinstance(node, ast.AnnAssign) else getattr(node, "name", "_")


def _arguments(given: ast.arguments) -> Iterator[str]:
    positional = [*given.posonlyargs, *given.args]
    defaults: list[ast.expr | None] = [*[None] * (len(positional) - len(given.defaults)), *given.defaults]
    for argument, default in zip(positional, defaults):
        if argument.arg not in ("self", "cls"):
            yield _argument(argument, default)
    if given.vararg is not None or given.kwonlyargs:
        yield f"*{ast.unparse(given.vararg)}" if given.vararg is not None else "*"
    for argument, default in zip(given.kwonlyargs, given.kw_defaults):
        yield _argument(argument, default)
    if given.kwarg is not None:
        yield f"**{ast.unparse(given.kwarg)}"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    return ast.unparse(argument) + ("" if default is None else f" = {ast.unparse(default)}")


def test_the_public_surface_is_the_inventory() -> None:
    assert surface() == INVENTORY.read_text(), "If this change is meant: python tests/test_public_surface.py --write"


def test_public_names_are_sorted_and_there() -> None:
    assert kinemacolor.__all__ == sorted(kinemacolor.__all__)
    for name in kinemacolor.__all__:
        assert getattr(kinemacolor, name) is not None


def test_every_public_name_is_documented() -> None:
    for name in kinemacolor.__all__:
        assert inspect.getdoc(getattr(kinemacolor, name)), name


if __name__ == "__main__" and "--write" in sys.argv:
    INVENTORY.write_text(surface())
