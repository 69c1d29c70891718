"""The last net: an error that nobody foresaw becomes one line, and a file with what is needed to mend it."""

import os
import platform
import sys
import tempfile
import traceback

from kinemacolor._version import __version__
from kinemacolor.errors import is_out_of_memory

_PACKAGES = ("torch", "numpy", "av", "pillow", "opencv-python-headless", "safetensors", "typer")


def last_word(error: Exception) -> str:
    """One sentence for an error of no foreseen kind. What a developer needs is written to a file, which it names."""
    if is_out_of_memory(error):
        return (
            "The memory did not suffice. Give a smaller --working-size or fewer stills, allow a smaller size with "
            "--allow-smaller, close other programs, or use --device cpu."
        )
    if isinstance(error, OSError) and error.filename is not None:
        return f"{os.fsdecode(error.filename)} cannot be used ({error.strerror})."
    what = f"{type(error).__name__}: {error}"
    place = _written(error)
    told = f"What is needed to mend it is in {place}" if place else "Run it again with PYTHONFAULTHANDLER=1"
    return f"This should not have happened ({what[:300]}). {told}; please report it."


def _written(error: Exception) -> str | None:
    """The file with the traceback, the command and the versions; None where no file can be written."""
    lines = [
        f"kinemacolor {__version__}, Python {platform.python_version()}, {sys.platform} {platform.release()}",
        ", ".join(f"{name} {_version_of(name)}" for name in _PACKAGES),
        " ".join(map(repr, sys.argv[1:])),
        "",
        *traceback.format_exception(error),
    ]
    try:
        handle, place = tempfile.mkstemp(prefix="kinemacolor-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(lines))
    except OSError:
        return None
    return place


def _version_of(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # a third of the time of --help

    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"
