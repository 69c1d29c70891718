"""Files to frames and frames to files; knows nothing of models."""

from kinemacolor.io.base import FrameReader, FrameWriter, OutputLayout
from kinemacolor.io.film import Film
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.open import open_reader, open_writer, probe
from kinemacolor.io.pixels import has_visible_color
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
