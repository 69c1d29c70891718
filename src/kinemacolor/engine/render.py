"""A chroma track and its film to a film in color, without the network."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from kinemacolor.engine.answers import kept_shots
from kinemacolor.engine.pipeline import read_ahead
from kinemacolor.engine.plan import PlannedShot
from kinemacolor.engine.run import FRAMES_AHEAD, Result
from kinemacolor.engine.sinks import FilmSink, Progress, ProgressSink, pour
from kinemacolor.engine.sinks.recast import Recast
from kinemacolor.engine.track import ChromaTrack, TrackHeader, read_header
from kinemacolor.engine.track.keys import film_signature
from kinemacolor.engine.track.seal import BrokenSealError
from kinemacolor.errors import InputError, SettingError, TrackError
from kinemacolor.io import Film, open_writer
from kinemacolor.io.destination import spare_inputs
from kinemacolor.io.sequence import is_sequence

_LEAST_PX, _MOST_PX = 16, 16384
"""The sides that a film may be resampled to; in its own size it may be smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """The settings of a film written from a track, as far as they may differ from the film that was colored.

    ``codec``, ``quality`` and ``pixel_format`` are as for ``colorize``. ``size`` is ``"1280x720"``, or the short
    side in pixels (``"540"``), 16 to 16384 pixels a side; luma is resampled too, and None keeps the film's.
    ``saturation`` multiplies chroma; 0 is gray. ``full_range`` is the range of the output's code values; None keeps
    the film's.
    """

    codec: str | None = None
    quality: float | None = None
    pixel_format: str | None = None
    size: str | None = None
    saturation: float = 1.0
    full_range: bool | None = None


def render_track(
    track: str | Path,
    output: str | Path,
    *,
    source: str | Path | None = None,
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
    noticed: Callable[[str], None] | None = None,
    **options: Any,
) -> Result:
    """Writes the film in color again from what a track keeps.

    Args:
        track: the folder that ``colorize_video(..., track=True)`` left.
        output: as for ``colorize_video``.
        source: the film, where it is no longer at the place it was colored from.
        overwrite: replace an output that exists.
        progress: called after each frame.
        noticed: called before the first frame with a line for each thing worth knowing.
        options: the fields of ``Rendering``, by name.

    Raises:
        TrackError: no track, one whose film has changed, or one with shots that are not colored yet.
        InputError, OutputError, SettingError: before any frame is written.
    """
    wanted = Rendering(**options)
    if not 0 <= wanted.saturation <= 4:
        raise SettingError(
            f"Saturation {wanted.saturation:g} is out of range. Give 0 (gray) to 4; 1 leaves colors alone."
        )
    header = read_header(Path(track))
    film = _film_of(header, Path(track), source)
    spare_inputs([Path(output)], [Path(film.source)])
    size = None if wanted.size is None else _size(wanted.size, film.size)
    folder, shots = ChromaTrack(Path(track)), _shots_of(header, Path(track))
    counted = ProgressSink(len(header.span), progress)
    with ExitStack() as stack:
        reader = stack.enter_context(Recast(film.frames(header.span), size=size, full_range=wanted.full_range))
        writer = stack.enter_context(
            open_writer(
                output,
                reader,
                codec=wanted.codec,
                quality=wanted.quality,
                pixel_format=wanted.pixel_format,
                overwrite=overwrite,
            )
        )
        known = tuple(dict.fromkeys((*film.info.warnings, *writer.warnings)))
        if noticed is not None:
            for line in known:
                noticed(line)
        frames = stack.enter_context(read_ahead(reader, FRAMES_AHEAD))
        pour(kept_shots(folder, shots, frames), [FilmSink(writer, saturation=wanted.saturation), counted])
    return Result(
        output=str(output),
        frames=counted.done,
        seconds=counted.seconds,
        warnings=tuple(dict.fromkeys((*known, *reader.warnings, *reader.notes, *writer.warnings))),
        damaged=bool(reader.warnings),
    )


def _film_of(header: TrackHeader, track: Path, source: str | Path | None) -> Film:
    """The film that the track was made from: where said, where it was, or beside the track."""
    beside = track.absolute().parent / header.film.name
    place = Path(source) if source is not None else header.film if header.film.exists() else beside
    if not place.exists():
        raise InputError(f"The track's film {place} is not there. Say where it is with --source.")
    if film_signature(place) != header.signature:
        raise TrackError(f"{place} is not the film that {track} was made from. Give it with --source.")
    rate = header.frame_rate if header.retimed or is_sequence(place) else None
    return Film.open(place, frame_rate=rate, keep_sound=header.sound, deinterlace=header.deinterlace)


def _shots_of(header: TrackHeader, track: Path) -> list[PlannedShot]:
    """The track's shots, all of them colored and whole: every byte of the track is read and held against its hash.

    Raises ``TrackError`` where one is not.
    """
    folder, missing = ChromaTrack(track), list[int]()
    for each in header.shots:
        try:
            if folder.verified(each.shot, each.key) is None:
                missing.append(each.shot.start)
        except BrokenSealError as error:
            raise TrackError(
                f"What {track} has of the shot at frame {each.shot.start} is damaged ({error}). Run the same "
                "`kinemacolor colorize` again with --overwrite: it computes that shot again."
            ) from error
    if missing:
        raise TrackError(
            f"{len(missing)} of {len(header.shots)} shots are not colored yet, the first at frame "
            f"{missing[0]}. Run `kinemacolor colorize` again to finish them."
        )
    return [PlannedShot(each.shot, (), each.key) for each in header.shots]


def _size(text: str, own: tuple[int, int]) -> tuple[int, int]:
    """``(height, width)`` of ``1280x720`` or of a short side. Raises ``SettingError``."""
    try:
        if "x" in text:
            width, height = (int(side) for side in text.lower().split("x"))
        else:
            scale = Fraction(int(text), min(own))
            height, width = (round(side * scale / 2) * 2 for side in own)
    except ValueError:
        raise SettingError(f"'{text}' is no size. Write 1280x720, or the short side in pixels: 540.") from None
    if min(height, width) < _LEAST_PX:
        raise SettingError(
            f"Size '{text}' makes {width}x{height}, which is too small. Give {_LEAST_PX} pixels or more a side."
        )
    if max(height, width) > _MOST_PX:
        raise SettingError(
            f"Size '{text}' makes {width}x{height}, which is too large. Give up to {_MOST_PX} pixels a side."
        )
    return height, width
