"""Versions: Kinemacolor, Python and the packages that it declares, read from what is installed."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from kinemacolor._version import __version__
from kinemacolor.doctor.finding import Finding

PACKAGE = "kinemacolor"
_NO_USER_EXTRAS = frozenset({"dev", "docs", "release"})
_REQUIREMENT = re.compile(r"([\w.-]+)\s*([^;]*)(?:;(.*))?")
_OLDEST_PYTHON = (3, 11)


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package that is declared. ``least`` is the oldest version, "" for any; ``extra`` None where it is needed."""

    name: str
    least: str
    extra: str | None


def requirements() -> list[Requirement]:
    """The packages that the installed Kinemacolor declares; none where it runs from a folder without installation."""
    try:
        declared = metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:
        return []
    return [requirement_of(line) for line in declared]


def requirement_of(line: str) -> Requirement:
    """A requirement as metadata have it, such as ``tensorboard>=2.18; extra == 'train'``."""
    found = _REQUIREMENT.match(line)
    assert found is not None, line
    name, versions, marker = found[1], found[2], found[3] or ""
    least = re.search(r"[>=]=\s*([\w.]+)", versions)
    extra = re.search(r"extra\s*==\s*['\"]([\w-]+)", marker)
    return Requirement(name, least[1] if least else "", extra[1] if extra else None)


def findings() -> Iterator[Finding]:
    """Kinemacolor and Python, then each package."""
    yield Finding("versions", PACKAGE, __version__)
    python = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= _OLDEST_PYTHON:
        yield Finding("versions", "python", f"{python} ({sys.executable})")
    else:
        yield Finding("versions", "python", python, "wrong", "Kinemacolor needs Python 3.11 or newer.")
    declared = requirements()
    if not declared:
        yield Finding(
            "versions", "packages", "unknown: not installed by pip", "absent", "Run: pip install kinemacolor"
        )
    for each in declared:
        if each.extra is None:
            yield _needed(each)
    for extra in sorted({each.extra for each in declared if each.extra} - _NO_USER_EXTRAS):
        yield _extra(extra, [each for each in declared if each.extra == extra])


def _needed(package: Requirement) -> Finding:
    version = version_of(package.name)
    advice = f"Run: pip install '{package.name}{f'>={package.least}' if package.least else ''}'"
    if version is None:
        return Finding("versions", package.name, "not installed", "wrong", advice)
    if parts(version) < parts(package.least):
        return Finding("versions", package.name, f"{version}, older than {package.least}", "wrong", advice)
    return Finding("versions", package.name, version)


def _extra(extra: str, packages: list[Requirement]) -> Finding:
    """One line for an extra, which is there when all of its packages are."""
    name = f"extra {extra}"
    found = [(each.name, version_of(each.name)) for each in packages]
    missing = [package for package, version in found if version is None]
    if missing:
        advice = f"If you want it: pip install 'kinemacolor[{extra}]'; in a clone: scripts/install {extra}"
        return Finding("versions", name, f"without {', '.join(missing)}", "absent", advice)
    return Finding("versions", name, ", ".join(f"{package} {version}" for package, version in found))


def version_of(package: str) -> str | None:
    """The version that is installed; None where none is."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def parts(version: str) -> tuple[int, ...]:
    """The numbers of a version as far as they are ones: ``2.13.0+cpu`` is 2, 13, 0."""
    leading = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(number) for number in leading[0].split(".")) if leading else ()
