"""Where answers go: each sink sees the film go by, shot by shot and frame by frame."""

from kinemacolor.engine.sinks.base import PictureSink, Sink, pour
from kinemacolor.engine.sinks.film import FilmSink
from kinemacolor.engine.sinks.gallery import Gallery
from kinemacolor.engine.sinks.preview import Preview
from kinemacolor.engine.sinks.progress import Progress, ProgressSink
from kinemacolor.engine.sinks.strip import Strip
from kinemacolor.engine.sinks.summary import ShotOutcome, Summary
from kinemacolor.engine.sinks.track import TrackSink

__all__ = [
    "FilmSink",
    "Gallery",
    "PictureSink",
    "Preview",
    "Progress",
    "ProgressSink",
    "ShotOutcome",
    "Sink",
    "Strip",
    "Summary",
    "TrackSink",
    "pour",
]
