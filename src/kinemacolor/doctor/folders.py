"""Folders: whether what is kept, and what is written meanwhile, has a place."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kinemacolor.doctor.finding import Finding
from kinemacolor.errors import WeightsError
from kinemacolor.weights import CACHE_VARIABLE, cache_folder

WORK_FOLDER = "Kinemacolor"
_LITTLE_BYTES = 1 << 30


def findings() -> Iterator[Finding]:
    """The package, the cache (weights, descriptors of photographs), the page's work folder, temporary files, here."""
    yield Finding("folders", "package", str(Path(__file__).parents[1]))
    try:
        yield _place(
            "cache and fetched weights", cache_folder(), f"Set {CACHE_VARIABLE} to a folder that can be written."
        )
    except WeightsError as error:
        yield Finding("folders", "cache and fetched weights", "none", "absent", str(error))
    try:
        yield _place("work folder of the page", Path.home() / WORK_FOLDER, "Name another: kinemacolor web FOLDER")
    except RuntimeError:
        yield Finding("folders", "work folder of the page", "no home", "absent", "Name one: kinemacolor web FOLDER")
    try:
        yield _place("temporary files", Path(tempfile.gettempdir()), "Set TMPDIR to a folder that can be written.")
    except OSError:
        advice = "Set TMPDIR to a folder that can be written."
        yield Finding("folders", "temporary files", "none can be written", "wrong", advice)
    yield _place("this folder", Path.cwd(), "Give --output a folder that can be written.")


def _place(name: str, folder: Path, advice: str) -> Finding:
    """The folder with the room that is there, or that of the nearest one above it that exists."""
    there = next((each for each in (folder, *folder.parents) if each.is_dir()), folder)
    shown = f"{folder}" if there == folder else f"{folder} (is made when it is needed)"
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("folders", name, f"{shown}, cannot be written", "absent", advice)
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        return Finding("folders", name, shown)
    value = f"{shown}, {free / 2**30:.1f} GiB free"
    if free < _LITTLE_BYTES:
        return Finding("folders", name, value, "absent", "A minute of film takes about 300 MB. Make room.")
    return Finding("folders", name, value)
