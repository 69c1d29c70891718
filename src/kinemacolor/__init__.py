"""Kinemacolor colors black-and-white film from a few color stills.

>>> import kinemacolor
>>> kinemacolor.colorize_video("reel.mp4", "reel.color.mp4", ["still.png@0"])  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING

from kinemacolor._version import __version__ as __version__
from kinemacolor.errors import KinemacolorError

if TYPE_CHECKING:
    from kinemacolor.engine.run import Result
    from kinemacolor.engine.sinks import Progress
    from kinemacolor.engine.video import colorize_frames, colorize_video
    from kinemacolor.frames import Exemplar, Frame
    from kinemacolor.models.base import Answer, Colorizer, Reference, StreamingColorizer
    from kinemacolor.models.cards import ModelCard, list_models
    from kinemacolor.models.colormnet.policy import MemoryPolicy
    from kinemacolor.models.load import load_model

__all__ = [
    "Answer",
    "Colorizer",
    "Exemplar",
    "Frame",
    "KinemacolorError",
    "MemoryPolicy",
    "ModelCard",
    "Progress",
    "Reference",
    "Result",
    "StreamingColorizer",
    "colorize_frames",
    "colorize_video",
    "list_models",
    "load_model",
]

_HOMES = {
    "Answer": "models.base",
    "Colorizer": "models.base",
    "Exemplar": "frames",
    "Frame": "frames",
    "MemoryPolicy": "models.colormnet.policy",
    "ModelCard": "models.cards",
    "Progress": "engine.sinks",
    "Reference": "models.base",
    "Result": "engine.run",
    "StreamingColorizer": "models.base",
    "colorize_frames": "engine.video",
    "colorize_video": "engine.video",
    "list_models": "models.cards",
    "load_model": "models.load",
}


def __getattr__(name: str) -> object:
    """Loads a public name when it is first asked for: torch costs a second that ``--help`` should not pay."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kinemacolor' has no attribute '{name}'")
    return getattr(import_module(f"kinemacolor.{_HOMES[name]}"), name)
