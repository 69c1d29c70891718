"""An interlaced film as whole pictures, by bwdif: one a frame, or one a field at twice the rate."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import chain, pairwise
from typing import Literal

from av import VideoFrame
from av.filter import Graph

from kinemacolor.frames import Frame, Planes
from kinemacolor.io.base import FrameReader
from kinemacolor.io.encode import FieldMarks, is_bottom_first
from kinemacolor.io.filters import filter_graph
from kinemacolor.io.info import FilmInfo, fields_line, hard_line
from kinemacolor.io.pixels import frame_of, layout_of, planar_name, planes_of
from kinemacolor.io.wrapped import WrappedReader

Rate = Literal["frame", "field"]
_PROGRESSIVE = 1
_TICK = Fraction(1, 25)
"""The filter's own time only counts frames."""


def deinterlaced(info: FilmInfo, rate: Rate) -> FilmInfo:
    """The description of the film in whole pictures; its own where it is not interlaced."""
    if not info.interlaced:
        line = f"{info.path} is not marked as interlaced, so --deinterlace does nothing."
        return replace(info, warnings=(*info.warnings, line))
    followed = fields_line(info.path), hard_line(info)
    lines = tuple(line for line in info.warnings if line not in followed)
    whole = replace(
        info, warnings=lines, interlaced=False, field_order=_PROGRESSIVE, fields_a_frame=2 if rate == "field" else 1
    )
    if rate == "frame":
        return whole
    last = info.last_frame_seconds
    return replace(
        whole,
        frame_rate=None if info.frame_rate is None else 2 * info.frame_rate,
        frames=None if info.frames is None else 2 * info.frames,
        time_base=info.time_base / 2,
        last_frame_seconds=None if last is None else last / 2,
    )


class Deinterlaced(WrappedReader):
    """A reader of the whole pictures of an interlaced film.

    ``reader`` begins a frame before ``start`` and ends one after ``stop`` (numbers of whole pictures), where there is
    one: a picture is made from its neighbors too, and so is the same in every part of the film that is read.
    """

    def __init__(self, reader: FrameReader, info: FilmInfo, *, start: int, stop: int | None) -> None:
        super().__init__(reader, info)
        self.start, self.stop = start, stop
        self._each = info.fields_a_frame

    def __iter__(self) -> Iterator[Frame]:
        """The pictures, each at the time of its field."""
        step = 1 / self._reader.info.frame_rate if self._reader.info.frame_rate else Fraction(1, 25)
        made = chain(self._made(), (None,))
        for one, following in pairwise(made):
            assert one is not None
            frame, pictures = one
            if following is not None:
                step = following[0].seconds - frame.seconds
            for place, planes in enumerate(pictures):
                index = self._each * frame.index + place
                if index >= self.start and (self.stop is None or index < self.stop):
                    seconds = frame.seconds + place * step / self._each
                    beside = b"" if place else frame.captions
                    yield replace(
                        frame, planes=planes, index=index, seconds=seconds, is_interlaced=False, captions=beside
                    )

    def _made(self) -> Iterator[tuple[Frame, list[Planes]]]:
        """Each frame of the source with the whole pictures that it gives."""
        info = self._reader.info
        name = _planar(info)
        marks = FieldMarks(info, name, _TICK)
        graph = _bwdif(info, name, per_field=self._each == 2)
        waiting: dict[int, Frame] = {}
        for number, frame in enumerate(self._reader):
            assert frame.planes is not None
            waiting[number] = frame
            picture = frame_of(frame.planes, name)
            picture.pts, picture.time_base = number, _TICK
            graph.push(marks.marked(picture, is_interlaced=frame.is_interlaced))
            yield from self._whole(graph, waiting)
        if waiting:
            graph.push(None)
            yield from self._whole(graph, waiting)

    def _whole(self, graph: Graph, waiting: dict[int, Frame]) -> Iterator[tuple[Frame, list[Planes]]]:
        """The pictures that are ready, with the frame of each; a progressive frame stands for both fields."""
        ready: dict[int, list[Planes]] = {}
        for picture in _pulled(graph):
            number = (picture.pts or 0) // 2  # its ticks are half as long
            frame = waiting[number]
            assert frame.planes is not None
            planes = planes_of(picture, full_range=frame.planes.full_range, matrix=frame.planes.matrix)
            if frame.planes.u is None:
                planes = replace(planes, u=None, v=None)
            ready.setdefault(number, []).append(planes)
        for number, made in ready.items():
            yield waiting.pop(number), made * (self._each // len(made))


def _planar(info: FilmInfo) -> str:
    """The planar format that holds the film's planes."""
    layout = layout_of(info.pixel_format)
    return planar_name((1, 1), layout.bits, alpha=layout.has_alpha) if layout.is_rgb else layout.planar_name


def _bwdif(info: FilmInfo, pixel_format: str, *, per_field: bool) -> Graph:
    parity = "bff" if is_bottom_first(info) else "tff"
    options = f"mode={'send_field' if per_field else 'send_frame'}:parity={parity}:deint=interlaced"
    return filter_graph(info, pixel_format, _TICK, "bwdif", options)


def _pulled(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            picture = graph.pull()
        except (BlockingIOError, EOFError):
            return
        assert isinstance(picture, VideoFrame)
        yield picture
