"""The house keeps its shape: who may import whom, how long a function and a list of arguments may be.

Lists of exceptions shrink: an entry that is not needed any more fails a test, and none is added.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "kinemacolor"
MOST_LINES, MOST_ARGUMENTS = 70, 8

TOO_LONG: set[str] = set()
TOO_MANY_ARGUMENTS: set[str] = set()


@dataclass(frozen=True)
class Function:
    """A function of the package: where it is, and its size."""

    name: str
    lines: int
    arguments: int


@cache
def trees() -> dict[str, ast.Module]:
    """The syntax tree of every module, by its dotted name; a package's is that of its ``__init__``."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = ast.parse(path.read_text())
    return found


def functions() -> Iterator[Function]:
    """All functions and methods outside ``cli/``; ``self`` and ``cls`` are no arguments."""
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        if not place.startswith("cli/"):
            yield from _functions_in(ast.parse(path.read_text()), f"{place}: ")


def _functions_in(node: ast.AST, where: str) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            given = child.args
            names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            count = sum(name not in ("self", "cls") for name in names)
            lines = (child.end_lineno or child.lineno) - child.lineno + 1
            yield Function(f"{where}{child.name}", lines, count)
        inner = f"{where}{child.name}." if isinstance(child, ast.ClassDef) else where
        yield from _functions_in(child, inner)


def imports_of(name: str) -> set[str]:
    """The modules of the package that a module names in its imports, wherever they stand; not those of types only."""
    found = set()
    for node in _running(trees()[name]):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {_module(f"{node.module}.{alias.name}") for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {_module(alias.name) for alias in node.names}
    return {each for each in found if each.partition(".")[0] == "kinemacolor"} - {name}


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """All of a tree but what stands under ``if TYPE_CHECKING``."""
    yield node
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    for child in ast.iter_child_nodes(node):
        yield from _running(child)


def _module(name: str) -> str:
    """The module that an import of this name reaches: the name itself, or the one it is a part of."""
    return name if name in trees() else name.rpartition(".")[0]


@pytest.mark.process
def test_imports_go_down_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_no_import_runs_in_a_circle() -> None:
    names = set(trees()) - {"kinemacolor"}
    graph = {name: imports_of(name) & names for name in names}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


def test_nothing_inside_imports_the_root() -> None:
    """The root gives everything to users; a module that asks it for a name hides where the name is from."""
    assert not [name for name in trees() if "kinemacolor" in imports_of(name)]


def _compare(found: set[str], excepted: set[str]) -> None:
    assert not found - excepted
    assert not excepted - found, "Mended: take these out of the list of exceptions."


def test_no_function_is_long() -> None:
    _compare({each.name for each in functions() if each.lines > MOST_LINES}, TOO_LONG)


def test_no_function_takes_many_arguments() -> None:
    _compare({each.name for each in functions() if each.arguments > MOST_ARGUMENTS}, TOO_MANY_ARGUMENTS)


@pytest.mark.process
def test_help_does_not_load_torch() -> None:
    """Importing torch costs more than a second; asking for help must not."""
    code = "import sys, kinemacolor.cli; sys.exit('torch' in sys.modules or 'av' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.process
@pytest.mark.parametrize(
    "asked", ["kinemacolor.list_models()", "__import__('kinemacolor.io').io.probe('examples/sample/bw.mp4')"]
)
def test_models_and_headers_are_shown_without_torch(asked: str) -> None:
    code = f"import sys, kinemacolor; {asked}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
