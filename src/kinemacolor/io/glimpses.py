"""A few frames from all over a film, found quickly: what is known of it without a pass over all of it."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from kinemacolor.frames import Frame, Shot
from kinemacolor.io import container as containers
from kinemacolor.io import pixels
from kinemacolor.io.film import LONGER_THAN_ANY, Film

_GLIMPSES = 24
_MOST_DECODED = 60


def glimpses(film: Film, span: Shot) -> Iterator[Frame]:
    """Up to 24 frames spread over a part of a film, those that decode; none of a pipe.

    A frame's ``index`` is where it was looked for; the frame may be one before, where key frames are far apart. Of a
    short film every frame is given.
    """
    stop = min(span.stop, film.info.frames or LONGER_THAN_ANY)
    if film.is_pipe or stop == LONGER_THAN_ANY:
        return
    step = max(1, (stop - span.start) // _GLIMPSES)
    places = range(span.start, stop, step)
    if film.is_pictures:
        for place in places:
            yield from film.frames(Shot(place, place + 1))
    elif step == 1:
        yield from film.frames(span)
    else:
        yield from _of_film(film, places)


def _of_film(film: Film, places: range) -> Iterator[Frame]:
    info = film.stored or film.info
    times = film.timeline.times if film.timeline is not None else ()
    last = None
    with containers.open_film(Path(film.source)) as container:
        stream = containers.film_stream(container, film.source)
        for place in places:
            number = place // film.info.fields_a_frame
            frame = _near(container, stream, times[number]) if number < len(times) else None
            if frame is not None and frame.pts != last:
                last = frame.pts
                planes = pixels.planes_of(frame, full_range=info.full_range, matrix=info.matrix)
                yield Frame(planes=planes, index=place)


def _near(container: InputContainer, stream: VideoStream, time: int) -> VideoFrame | None:
    """The frame at a time, or one before it where the key frame is far away; None where that cannot be decoded."""
    frame = None
    with suppress(FFmpegError):
        container.seek(time, stream=stream)
        for frame in islice(container.decode(stream), _MOST_DECODED):
            if frame.pts is not None and frame.pts >= time:
                break
    return frame
