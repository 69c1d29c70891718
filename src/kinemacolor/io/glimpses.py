"""A few frames from all over a film, found quickly: what is known of it without a pass over all of it."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import dropwhile, islice
from pathlib import Path

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from kinemacolor.frames import Frame, Shot
from kinemacolor.io import container as containers
from kinemacolor.io import pixels
from kinemacolor.io.film import LONGER_THAN_ANY, Film
from kinemacolor.io.guard import packets_in
from kinemacolor.io.info import FilmInfo
from kinemacolor.io.reader import VideoReader
from kinemacolor.io.timeline import Timeline

_GLIMPSES = 24
_MOST_DECODED = 60
_MOST_IN_ORDER = 720
_SEEK_BY_DECODING_TIME = frozenset({"mpegts", "mpeg"})
"""Formats without an index: libav goes to a packet near a time, which may lie behind the key frame."""

_WITHOUT_PLACES = containers.BARE_FORMATS - {"dv"}
"""Formats in which libav goes to no place exactly; of DV all frames have one size."""


def glimpses(film: Film, span: Shot) -> Iterator[Frame]:
    """Up to 24 frames spread over a part of a film, those that decode; none of a pipe.

    A frame's ``index`` is where it was looked for. The frame may be one before it, where the last key frame is more
    than 60 frames away, and one near it in an AVI that does not say when its frames are shown. Of a short film every
    frame is given; of a bare stream, and of a file whose clock starts again, frames from the first 720 of the part.
    """
    stop = min(span.stop, film.info.frames or LONGER_THAN_ANY)
    if film.is_pipe or stop == LONGER_THAN_ANY:
        return
    info = film.stored or film.info
    is_in_order = not film.is_pictures and (info.container in _WITHOUT_PLACES or bool(info.restarts))
    if is_in_order:
        stop = min(stop, span.start + _MOST_IN_ORDER)
    step = max(1, (stop - span.start) // _GLIMPSES)
    places = range(span.start, stop, step)
    if film.is_pictures:
        for place in places:
            yield from film.frames(Shot(place, place + 1))
    elif step == 1:
        yield from film.frames(Shot(span.start, stop))
    elif is_in_order:
        yield from _in_order(film, info, places)
    else:
        yield from _of_film(film, info, places)


def _in_order(film: Film, info: FilmInfo, places: range) -> Iterator[Frame]:
    """The frames of a film in which no place can be gone to."""
    each = film.info.fields_a_frame
    numbers = {place // each: place for place in reversed(places)}
    first, last = min(numbers), max(numbers)
    with VideoReader(film.source, start=first, stop=last + 1, info=info, timeline=film.known_timeline) as reader:
        for frame in reader:
            if frame.index in numbers:
                yield replace(frame, index=numbers[frame.index])


def _of_film(film: Film, info: FilmInfo, places: range) -> Iterator[Frame]:
    times = film.timeline.times if film.timeline is not None else ()
    last = None
    with containers.open_film(Path(film.source)) as container:
        look = _Look(container, containers.film_stream(container, film.source), info, film.timeline)
        for place in places:
            number = place // film.info.fields_a_frame
            frame = look.near(times[number]) if number < len(times) else None
            if frame is not None and frame.pts != last:
                last = frame.pts
                planes = pixels.planes_of(frame, full_range=info.full_range, matrix=info.matrix)
                yield Frame(planes=planes, index=place)


class _Look:
    """Goes through a film's container in steps."""

    def __init__(
        self, container: InputContainer, stream: VideoStream, info: FilmInfo, timeline: Timeline | None
    ) -> None:
        self._container, self._stream = container, stream
        self._keys = timeline.keys if timeline is not None else ()
        self._margin = round(1 / info.time_base) if info.container in _SEEK_BY_DECODING_TIME else 0
        self._decoded: Iterator[VideoFrame] = iter(())
        self._place: int | None = None
        if timeline is not None and 0 < 2 * len(timeline.keys) < timeline.frames:
            stream.thread_type = "AUTO"  # where every frame is a key frame, threads decode what nobody looks at

    def near(self, time: int) -> VideoFrame | None:
        """The frame at a time, or one before it where the key frame is far away; None where that cannot be decoded.

        Times are asked in order. Decoding goes on from the frame before, where no key frame lies nearer.
        """
        behind = bisect_right(self._keys, time) - 1
        key = self._keys[behind] if behind >= 0 else None
        frame = None
        with suppress(FFmpegError):
            if key is None or self._place is None or not key <= self._place < time:
                self._go_to(time, key)
            for frame in islice(self._decoded, _MOST_DECODED):
                if frame.pts is not None and frame.pts >= time:
                    break
        self._place = None if frame is None else frame.pts
        return frame

    def _go_to(self, time: int, key: int | None) -> None:
        """Places the container at the key frame that a time needs; what is decoded before that is left out."""
        self._place = None
        self._container.seek(time if key is None or not self._margin else key - self._margin, stream=self._stream)
        packets = packets_in(self._container, self._stream)
        self._decoded = (frame for packet in packets for frame in self._stream.decode(packet))
        if key is not None:
            self._decoded = dropwhile(lambda frame: frame.pts is not None and frame.pts < key, self._decoded)
