"""Files to frames and frames to files; knows nothing of models.

Names are loaded when they are first asked for: frames need torch, which headers do not.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kinemacolor.io.base import FrameReader, FrameWriter, OutputLayout
    from kinemacolor.io.film import Film
    from kinemacolor.io.info import FilmInfo
    from kinemacolor.io.open import open_reader, open_writer
    from kinemacolor.io.pixels import has_visible_color
    from kinemacolor.io.probing import probe
    from kinemacolor.io.reader import VideoReader
    from kinemacolor.io.writer import VideoWriter

__all__ = [
    "Film",
    "FilmInfo",
    "FrameReader",
    "FrameWriter",
    "OutputLayout",
    "VideoReader",
    "VideoWriter",
    "has_visible_color",
    "open_reader",
    "open_writer",
    "probe",
]

_HOMES = {
    "Film": "film",
    "FilmInfo": "info",
    "FrameReader": "base",
    "FrameWriter": "base",
    "OutputLayout": "base",
    "VideoReader": "reader",
    "VideoWriter": "writer",
    "has_visible_color": "pixels",
    "open_reader": "open",
    "open_writer": "open",
    "probe": "probing",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'kinemacolor.io' has no attribute '{name}'")
    return getattr(import_module(f"kinemacolor.io.{_HOMES[name]}"), name)
