"""Going to a frame by its number without decoding all before it: its time is known, and a key frame is before it."""

from bisect import bisect_right

from av.container import InputContainer
from av.video.stream import VideoStream

from kinemacolor.io.info import FilmInfo
from kinemacolor.io.timeline import Timeline

WORTHWHILE_FRAMES = 100
"""Below this number decoding from the beginning is as quick."""

_FRAME_PER_PACKET = frozenset({"h264", "hevc", "mpeg4", "prores", "dnxhd", "ffv1", "mjpeg", "huffyuv", "utvideo"})
_SEEK_BY_SHOWN_TIME = ("matroska", "mov,")


def seek_to_frame(
    container: InputContainer, stream: VideoStream, info: FilmInfo, timeline: Timeline | None, number: int
) -> int | None:
    """The time stamp of frame ``number``, with the container placed well before it.

    None where frames cannot be counted by their packets; the container may then lie anywhere. The place is one key
    frame further back than needed: pictures that lead an open GOP's key frame need the one before.
    """
    known = info.codec in _FRAME_PER_PACKET and info.container.startswith(_SEEK_BY_SHOWN_TIME)
    if number < WORTHWHILE_FRAMES or not known or info.missing_bytes or timeline is None:
        return None
    times, keys = timeline.times, timeline.keys
    if len(times) <= number:
        return None
    place = keys[max(0, bisect_right(keys, times[number]) - 2)] if keys else times[0]
    container.seek(place, stream=stream)
    return times[number]
