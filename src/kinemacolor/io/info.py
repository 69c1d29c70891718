"""Description of a film: FilmInfo, which ``probe`` reads from a file, a folder of pictures, or y4m on stdin."""

from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import NamedTuple

from kinemacolor.planes import Matrix

SOFT, HARD = "soft", "hard"
"""Kinds of telecine: marks on how long each frame is shown, or fields of film frames woven into video frames."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream beside the film: ``kind`` is audio, subtitle, attachment, data or video."""

    kind: str
    codec: str
    language: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class ChapterInfo:
    """A chapter and its times in seconds."""

    title: str
    start_seconds: Fraction
    end_seconds: Fraction


class Restart(NamedTuple):
    """A place in a file from which on its clock is another: ``added_seconds`` make its times go on from before."""

    position_bytes: int
    added_seconds: Fraction


@dataclass(frozen=True, slots=True)
class FilmInfo:
    """Description of a film. Sizes are as stored; ``display_size`` is what a viewer sees.

    ``frames`` is exact where ``frames_exact``, else an estimate, else None. ``rotation_degrees`` is the clockwise
    turn that displays the picture upright; ``display_matrix`` is the container's own (turns and flips).
    ``primaries``, ``transfer``, ``matrix_code`` and ``range_code`` are the stored ITU-T H.273 codes (2, 2, 2 and 0:
    unspecified); ``matrix`` and ``full_range`` are what follows from them. ``chroma_location`` is the codec's
    convention. ``marked_by_frame``: each frame of an interlaced film says whether it is; else all are. ``telecine``
    is ``soft``, ``hard`` or empty. ``fields_a_frame`` is how many whole pictures are made of each frame.
    ``has_captions``: the first frame has closed captions. ``alpha_beside``: there is an alpha that no decoder here
    gives (VP8, VP9). ``hdr`` holds ``master-display`` and ``max-cll`` as x265 writes them. ``stream_index`` is the
    film's place among the container's streams. ``restarts`` are where its clock starts again.
    ``last_frame_seconds`` is how long the last frame is shown, None where the film does not say it. ``timecode`` is
    that of the first picture of a sequence. ``pace`` is how much longer the film lasts than its file says, by a
    frame rate that the user gave; ``sound_is_kept`` is the user's choice.
    """

    path: str
    container: str
    codec: str
    width: int
    height: int
    pixel_format: str
    bits: int
    full_range: bool
    matrix: Matrix
    has_color: bool
    subsampling: tuple[int, int]
    frame_rate: Fraction | None
    time_base: Fraction
    has_captions: bool = False
    has_alpha: bool = False
    alpha_beside: bool = False
    frames: int | None = None
    frames_exact: bool = False
    duration_seconds: Fraction | None = None
    start_seconds: Fraction = Fraction(0)
    sample_aspect: Fraction = Fraction(1)
    rotation_degrees: int = 0
    display_matrix: tuple[int, ...] | None = None
    interlaced: bool = False
    marked_by_frame: bool = False
    fields_a_frame: int = 1
    field_order: int = 0
    telecine: str = ""
    primaries: int = 2
    transfer: int = 2
    matrix_code: int = 2
    range_code: int = 0
    chroma_location: str = "left"
    hdr: tuple[tuple[str, str], ...] = ()
    streams: tuple[StreamInfo, ...] = ()
    chapters: tuple[ChapterInfo, ...] = ()
    missing_bytes: int = 0
    stream_index: int = 0
    restarts: tuple[Restart, ...] = ()
    last_frame_seconds: Fraction | None = None
    timecode: str | None = None
    pace: Fraction = Fraction(1)
    sound_is_kept: bool = True
    warnings: tuple[str, ...] = ()

    @property
    def display_size(self) -> tuple[int, int]:
        """``(height, width)`` on screen in square pixels, upright."""
        height, width = self.height, round(self.width * self.sample_aspect)
        return (width, height) if self.rotation_degrees % 180 else (height, width)

    def as_dict(self) -> dict[str, object]:
        """The same as numbers, strings, lists and dicts that JSON takes; fractions as ``"24000/1001"``."""
        plain = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return {**plain, "display_size": list(self.display_size)}

    def describe(self) -> str:
        """Lines to read: the picture, its colors, its times, what lies beside it, and warnings."""
        return "\n".join((*_picture_lines(self), *_time_lines(self), *_side_lines(self)))


def retimed(info: FilmInfo, rate: Fraction) -> FilmInfo:
    """The description of a film whose frames follow each other at ``rate``; its own where that is its rate."""
    if info.frame_rate == rate and info.telecine != SOFT:
        return info
    duration = info.frames / rate if info.frames is not None else None
    pace = info.frame_rate / rate if info.frame_rate else Fraction(1)
    return replace(
        info,
        frame_rate=rate,
        time_base=1 / rate,
        duration_seconds=duration,
        start_seconds=Fraction(0),
        last_frame_seconds=None,
        pace=pace,
        telecine="" if info.telecine == SOFT else info.telecine,
        warnings=tuple(line for line in info.warnings if line != soft_line(info)),
    )


def soft_line(info: FilmInfo) -> str:
    """The line on what is done with soft telecine."""
    rate = info.frame_rate or Fraction(24)
    return (
        f"{info.path} is film of {float(rate):.3f} frames a second, marked to be spread over more fields of video "
        f"(soft telecine). Each frame of the film is colored once and keeps its time; --frame-rate {rate} makes the "
        "times even."
    )


def hard_line(info: FilmInfo) -> str:
    """The line on what is done with hard telecine, and what to do about it."""
    return (
        f"{info.path} looks like film of 24 frames a second spread over 30 (hard telecine, 3:2 pulldown): two of "
        "five frames are woven from two pictures, and are colored as they are. For best color undo it first: ffmpeg "
        "-i FILM -vf fieldmatch,decimate -c:v ffv1 -c:a copy NEW.mkv"
        + (", or use --deinterlace frame." if info.interlaced else ".")
    )


def fields_line(path: str) -> str:
    """The line on an interlaced film that is left as it is."""
    return f"{path} is interlaced. Its fields are kept; for best color use --deinterlace frame."


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, StreamInfo | ChapterInfo):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _line(name: str, text: str) -> str:
    return f"{name:<12}{text}"


def _picture_lines(info: FilmInfo) -> list[str]:
    size = f"{info.width}x{info.height}"
    if info.display_size != (info.height, info.width):
        turned = f", turned {info.rotation_degrees} degrees" if info.rotation_degrees else ""
        size += (
            f", shown as {info.display_size[1]}x{info.display_size[0]} (pixel aspect {info.sample_aspect}{turned})"
        )
    elif info.rotation_degrees:
        size += f", turned {info.rotation_degrees} degrees"
    range_name = "full" if info.full_range else "limited"
    assumed = " (assumed, untagged)" if info.matrix_code == 2 else ""
    return [
        info.path,
        _line("container", info.container),
        _line("video", f"{info.codec}, {info.pixel_format}, {info.bits} bits"),
        _line("size", size),
        _line(
            "color",
            f"{'stored in color' if info.has_color else 'gray'}, {info.matrix}{assumed}, {range_name} range",
        ),
        _line("tags", f"primaries {info.primaries}, transfer {info.transfer}, matrix {info.matrix_code}"),
    ]


def _time_lines(info: FilmInfo) -> list[str]:
    lines = []
    if info.frame_rate is not None:
        lines.append(_line("rate", f"{info.frame_rate} ({float(info.frame_rate):.3f}) frames per second"))
    if info.frames is not None:
        lines.append(_line("frames", f"{info.frames}{'' if info.frames_exact else ' (estimate)'}"))
    if info.duration_seconds is not None:
        lines.append(
            _line("duration", f"{float(info.duration_seconds):.3f} s from {float(info.start_seconds):.3f} s")
        )
    if info.interlaced or info.telecine:
        kinds = ["interlaced"] * info.interlaced + [f"{info.telecine} telecine"] * bool(info.telecine)
        lines.append(_line("scan", ", ".join(kinds)))
    return lines


def _side_lines(info: FilmInfo) -> list[str]:
    lines = []
    if info.has_captions:
        lines.append(_line("captions", "CEA-608 or 708, in the picture's stream"))
    for stream in info.streams:
        details = ", ".join(text for text in (stream.codec, stream.language, stream.title) if text)
        lines.append(_line(stream.kind, details))
    for chapter in info.chapters:
        lines.append(_line("chapter", f"{float(chapter.start_seconds):.3f} s {chapter.title}".rstrip()))
    return lines + [_line("warning", text) for text in info.warnings]
