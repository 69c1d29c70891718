"""The tasks of helper processes, by name: each takes a ``Context`` and plain values, and gives plain values back.

A module of tasks is loaded when one of them is first asked for, so that a picture need not wait for a network.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

HOMES = {
    "probe": "films",
    "survey": "films",
    "facts": "films",
    "picture": "pictures",
    "small_picture": "pictures",
    "still_picture": "pictures",
    "paint": "painting",
    "check_still": "stills",
    "find_still": "stills",
    "suggest": "suggestions",
    "plan": "coloring",
    "color_shot": "coloring",
    "warm": "coloring",
    "write": "coloring",
}
"""The module of each task."""


def task_of(name: str) -> Callable[..., Any]:
    """The function of a task."""
    found: Callable[..., Any] = getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
    return found
