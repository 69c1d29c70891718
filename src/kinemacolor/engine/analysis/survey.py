"""One pass over a film before any coloring: its cuts, a frame for each shot, and where each still belongs.

The pass decodes and looks at small pictures only. Its memory grows with the number of shots, not with that of frames.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kinemacolor.engine.analysis.cuts import CutFinder, Gray, gray_of
from kinemacolor.engine.analysis.sightings import Sightings
from kinemacolor.engine.analysis.still_finder import StillFinder, StillPlace
from kinemacolor.frames import Exemplar
from kinemacolor.io import FrameReader

_SAMPLES = 16


@dataclass(frozen=True, slots=True)
class Survey:
    """The findings of the pass.

    ``frames`` is how many could be decoded. ``cuts`` are frame numbers of the film, as is ``places``, one for each
    still asked about. ``samples`` has a frame from about the middle of each shot, as gray levels. ``notes`` are lines
    on what the frames show.
    """

    frames: int
    cuts: tuple[int, ...]
    places: tuple[StillPlace | None, ...]
    samples: tuple[Gray, ...]
    notes: tuple[str, ...] = ()


class _Samples:
    """A frame for each shot, nearest to its middle among some that were kept on the way."""

    def __init__(self, start: int) -> None:
        self.chosen: list[Gray] = []
        self._start = start
        self._held: list[tuple[int, Gray]] = []
        self._stride = 1

    def add(self, place: int, gray: Gray) -> None:
        if (place - self._start) % self._stride == 0:
            self._held.append((place, gray))
        if len(self._held) > 2 * _SAMPLES:
            self._stride *= 2
            self._held = self._held[::2]

    def close(self, cut: int) -> None:
        """Ends the open shot before ``cut``."""
        middle = (self._start + cut) / 2
        self.chosen.append(min(self._held, key=lambda held: abs(held[0] - middle))[1])
        self._held = [held for held in self._held if held[0] >= cut] or self._held[-1:]
        self._start, self._stride = cut, 1


def survey(
    reader: FrameReader,
    *,
    cuts: Sequence[int] | None = None,
    stills: Sequence[Exemplar] = (),
    progress: Callable[[int], None] | None = None,
) -> Survey:
    """Reads all of ``reader``. ``cuts`` are the film's where they are known, None lets them be found.

    ``stills`` are of the frames' size; ``progress`` is told the number of frames seen.
    """
    finder = CutFinder() if cuts is None else None
    wanted = [cut for cut in cuts or () if cut > reader.start]
    search, samples = StillFinder(stills), _Samples(reader.start)
    sightings = Sightings(reader.info)
    frames = closed = 0
    for frames, frame in enumerate(reader, 1):
        gray = gray_of(frame)
        sightings.add(frame)
        samples.add(frame.index, gray)
        search.add(frame.index, gray)
        if finder is not None:
            finder.add(gray)
            found = [reader.start + cut for cut in finder.cuts]
        else:
            found = [cut for cut in wanted if cut <= frame.index]
        for cut in found[closed:]:
            samples.close(cut)
        closed = len(found)
        if progress is not None:
            progress(frames)
    if finder is not None:
        wanted = [reader.start + cut for cut in finder.finish()]
    else:
        wanted = [cut for cut in wanted if cut < reader.start + frames]
    for cut in [*wanted[closed:], reader.start + frames]:
        samples.close(cut)
    return Survey(frames, tuple(wanted), search.places(), tuple(samples.chosen), sightings.lines())
