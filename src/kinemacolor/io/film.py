"""A film as a value: probed once, opened as often as needed, asked which frame a time means."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from kinemacolor.errors import SettingError
from kinemacolor.frames import Shot
from kinemacolor.io import images, sequence
from kinemacolor.io.base import FrameReader
from kinemacolor.io.deinterlace import Deinterlaced, Rate, deinterlaced
from kinemacolor.io.image_info import rate_of
from kinemacolor.io.info import FilmInfo, retimed
from kinemacolor.io.position import Position, Timecode, parse_position
from kinemacolor.io.probing import PIPE, probe_source
from kinemacolor.io.reader import VideoReader
from kinemacolor.io.retime import Retimed
from kinemacolor.io.still_names import number_in, plain_stem
from kinemacolor.io.timeline import Timeline, frame_by_rate, timeline_of

LONGER_THAN_ANY = 2**62
"""The end of a span whose film does not say how long it is."""


@dataclass(frozen=True)
class Film:
    """A film, a folder or pattern of pictures, or y4m on stdin (``-``), and what its headers and first frame say.

    ``open`` reads headers, the first frame, and (up to 2 GiB) the time stamps of all packets, once. All who need the
    film take it from here.
    """

    source: str
    info: FilmInfo
    known_timeline: Timeline | None = field(default=None, repr=False, compare=False)
    stored: FilmInfo | None = field(default=None, repr=False, compare=False)

    @classmethod
    def open(
        cls,
        source: str | Path,
        *,
        frame_rate: str | Fraction | None = None,
        keep_sound: bool = True,
        deinterlace: Rate | None = None,
    ) -> "Film":
        """The film of this name.

        ``frame_rate`` is that of pictures (None: as they say, else 24), or one at which a film's frames are to follow
        each other instead of at the times that it has: ``info`` is then of the film so retimed. ``keep_sound`` False
        leaves sound out of what is written. ``deinterlace`` makes whole pictures of an interlaced film, one a
        ``frame`` or one a ``field``; frame numbers that are given stay those of the source. Raises ``InputError`` (or
        one of its classes) where it cannot be read, ``SettingError`` for a wrong rate, or for one beside
        ``deinterlace``.
        """
        if frame_rate is not None and deinterlace is not None:
            raise SettingError("A frame rate and deinterlacing do not go together. Deinterlace first, then retime.")
        stored, timeline = probe_source(source, frame_rate=frame_rate)
        info = stored if frame_rate is None else retimed(stored, rate_of(frame_rate))
        info = info if deinterlace is None else deinterlaced(info, deinterlace)
        return cls(str(source), replace(info, sound_is_kept=keep_sound), timeline, stored)

    @property
    def is_retimed(self) -> bool:
        """Whether frames go by a rate that the user gave, and not by the film's own times."""
        return self.stored is not None and self.stored.time_base != self.info.time_base and not self.is_deinterlaced

    @property
    def is_deinterlaced(self) -> bool:
        """Whether whole pictures are made of an interlaced film."""
        return self.stored is not None and self.stored.interlaced and not self.info.interlaced

    @property
    def is_pipe(self) -> bool:
        """Whether the film comes through a pipe and so can be read only once."""
        return self.source == PIPE

    @property
    def is_pictures(self) -> bool:
        """Whether the film is a folder or a pattern of pictures, or one picture."""
        return not self.is_pipe and sequence.is_sequence(Path(self.source))

    @property
    def files(self) -> list[Path]:
        """The files that are read: the film's own, or its pictures; none of a pipe."""
        if self.is_pipe:
            return []
        return sequence.pictures_of(Path(self.source))[0] if self.is_pictures else [Path(self.source)]

    @property
    def size(self) -> tuple[int, int]:
        """``(height, width)`` in pixels as stored."""
        return self.info.height, self.info.width

    @property
    def exact_frames(self) -> int | None:
        """How many frames there are, None where that is not known for certain."""
        return self.info.frames if self.info.frames_exact else None

    @property
    def length(self) -> str:
        """How long it is, in words: ``48 frames (1.920 s)``."""
        seconds = self.info.duration_seconds
        frames = "1 frame" if self.info.frames == 1 else f"{self.info.frames or 'an unknown number of'} frames"
        return frames + (f" ({float(seconds):.3f} s)" if seconds is not None else "")

    @cached_property
    def timeline(self) -> Timeline | None:
        """The time stamps of all frames; None for pictures and pipes. A pass over a file too large for ``open``."""
        if self.known_timeline is not None or self.is_pipe or self.is_pictures:
            return self.known_timeline
        return timeline_of(Path(self.source), self.info.stream_index)

    def frames(self, span: Shot | None = None) -> FrameReader:
        """A reader of the frames of ``span``, None for all; a context manager, to be read once."""
        start, stop = (0, None) if span is None else (span.start, None if span.stop >= LONGER_THAN_ANY else span.stop)
        if self.is_pictures:
            return images.ImageReader(self.source, start=start, stop=stop, info=self.info)
        if self.is_deinterlaced:
            return self._whole_pictures(start, stop)
        info = self.stored if self.stored is not None and self.is_retimed else self.info
        reader = VideoReader(self.source, start=start, stop=stop, info=info, timeline=self.known_timeline)
        return Retimed(reader, self.info) if self.is_retimed else reader

    def _whole_pictures(self, start: int, stop: int | None) -> FrameReader:
        each = self.info.fields_a_frame
        first = max(0, start // each - 1)
        last = None if stop is None else -(-stop // each) + 1
        inner = VideoReader(self.source, start=first, stop=last, info=self.stored, timeline=self.known_timeline)
        return Deinterlaced(inner, self.info, start=start, stop=stop)

    def frame_at(self, place: str | Position) -> int:
        """The frame (from 0) that a number, a time in seconds (``Fraction``), a timecode, or a text names.

        Texts are ``123``, ``00:01:02.5``, ``62.5s``, ``0.5`` and the timecode ``00:01:02:12``. A time counts from the
        film's first frame and means the frame that the film's own time stamps show then; the last field of a timecode
        counts frames from there. The frame may lie past the film's end.

        Raises ``SettingError`` for any other text, and for a time where the film has neither time stamps nor a rate.
        """
        position = parse_position(place) if isinstance(place, str) else place
        if position is None:
            raise SettingError(
                f"'{place}' is no frame and no time. Write a frame number (123), 00:01:02.5, 62.5s, or a timecode "
                "(00:01:02:12)."
            )
        each = self.info.fields_a_frame
        if isinstance(position, int):
            return each * position
        if isinstance(position, Timecode):
            return self._shown_at(Fraction(position.seconds)) + each * position.frames
        return self._shown_at(position)

    def place_of(self, name: str) -> int | None:
        """The frame that a file of this name shows, where the film is pictures and one is called so; else None.

        A number past the last frame may be that of a picture: sequences begin at 1001 or 86400.
        """
        if not self.is_pictures:
            number = number_in(name)
            return None if number is None or self.info.fields_a_frame == 1 else self.frame_at(number)
        by_stem = self._places_by_stem
        place = by_stem.get(plain_stem(name).lower())
        number = number_in(name)
        if place is None and number is not None and number >= len(by_stem):
            place = self._places_by_number.get(number)
        return place

    @cached_property
    def _places_by_stem(self) -> dict[str, int]:
        paths, _ = sequence.pictures_of(Path(self.source))
        return {path.stem.lower(): place for place, path in enumerate(paths)}

    @cached_property
    def _places_by_number(self) -> dict[int, int]:
        numbers = {stem: sequence.last_number(stem) for stem in self._places_by_stem}
        return {
            number: place for stem, place in self._places_by_stem.items() if (number := numbers[stem]) is not None
        }

    def _shown_at(self, seconds: Fraction) -> int:
        shown = None
        if not self.is_retimed and self.timeline is not None:
            shown = self._picture_shown_at(self.timeline, seconds)
        if shown is not None:
            return shown
        if self.info.frame_rate is None:
            at = f"{float(seconds):g} s"
            raise SettingError(f"{self.source} has no frame rate, so {at} names no frame. Give a frame number.")
        return frame_by_rate(seconds, self.info.frame_rate)

    def _picture_shown_at(self, timeline: Timeline, seconds: Fraction) -> int | None:
        time_base = self.info.time_base * self.info.fields_a_frame
        shown = timeline.frame_shown_at(seconds, time_base)
        if shown is None or self.info.fields_a_frame == 1:
            return shown
        return 2 * shown + timeline.is_in_second_half(shown, seconds, time_base)

    def span(self, start: str | int | None = None, end: str | int | None = None) -> Shot:
        """The frames from ``start`` to before ``end``, in any notation of ``frame_at``; None is the film's own end.

        ``stop`` is far beyond any film where the film's length is not known. Raises ``SettingError`` for an empty
        span or one that begins past the film's end.
        """
        first = self.frame_at(start) if start is not None else 0
        last = self.frame_at(end) if end is not None else LONGER_THAN_ANY
        if self.exact_frames is not None:
            if first >= self.exact_frames:
                raise SettingError(f"Start {start} is past the end: {self.source} has {self.length}.")
            last = min(last, self.exact_frames)
        if last <= first:
            begin = f"frame {first}" if start is None else f"start {start}"
            raise SettingError(f"End {end} is not after {begin}, so there is nothing to color.")
        return Shot(first, last)
