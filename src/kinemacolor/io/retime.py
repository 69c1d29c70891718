"""A film at another frame rate: frames as they are, each shown for as long as the user says.

Transfers of silent film were often made at 24 or 25 frames a second of what was shot at 16 or 18. What lies beside
the picture goes by the same change of pace (chapters, subtitles) or cannot (sound, which would need another pitch).
"""

from collections.abc import Iterator
from dataclasses import replace

from kinemacolor.frames import Frame
from kinemacolor.io.wrapped import WrappedReader


class Retimed(WrappedReader):
    """A reader whose frames have times by a rate, counted from the film's first frame."""

    def __iter__(self) -> Iterator[Frame]:
        """The frames at their new times."""
        for frame in self._reader:
            yield replace(frame, seconds=frame.index * self.info.time_base)
