"""The chroma track: what the network found for each shot, kept on disk and tied to all that it came from."""

from kinemacolor.engine.track.folder import ENDING, ChromaTrack, stem_of
from kinemacolor.engine.track.header import KeyedShot, NamedExemplar, TrackHeader, read_header
from kinemacolor.engine.track.levels import as_stored

__all__ = [
    "ENDING",
    "ChromaTrack",
    "KeyedShot",
    "NamedExemplar",
    "TrackHeader",
    "as_stored",
    "read_header",
    "stem_of",
]
