"""File endings that tell a film, and those that a colored film keeps."""

from pathlib import Path

FILM_ENDINGS = frozenset(
    {
        ".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mxf", ".nut", ".ogv", ".ts", ".webm", ".y4m"
    }
)  # fmt: skip
"""Endings that a folder is searched for; a film that is named itself may have any ending."""

_KEPT = frozenset({".m4v", ".mkv", ".mov", ".mp4"})


def is_film_name(path: Path) -> bool:
    """Whether a file name ends like a film."""
    return path.suffix.lower() in FILM_ENDINGS


def colored_ending(source: Path) -> str:
    """The ending of a film in color: its source's own where that container takes every codec we write, else .mp4."""
    return source.suffix if source.suffix.lower() in _KEPT else ".mp4"
