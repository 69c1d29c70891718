"""A chroma track and its film to a film in colour, without the network."""

import time
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

from kinemacolor.engine.answers import Answer, kept_answers
from kinemacolor.engine.output import write_answers
from kinemacolor.engine.pipeline import read_ahead
from kinemacolor.engine.recast import Recast
from kinemacolor.engine.track import ChromaTrack
from kinemacolor.engine.track.folder import read_header
from kinemacolor.engine.track.keys import film_signature
from kinemacolor.engine.video import Progress, Result
from kinemacolor.errors import InputError, SettingError, TrackError
from kinemacolor.frames import Frame, Shot
from kinemacolor.io import Film, open_writer

_FRAMES_AHEAD = 4


@dataclass(frozen=True, slots=True)
class _Described:
    """What a track's header says, as far as rendering needs it."""

    film: Path
    signature: str
    frame_rate: str
    span: Shot
    shots: tuple[tuple[Shot, str], ...]


def _described(path: Path, source: str | Path | None) -> _Described:
    header = read_header(path)
    try:
        film = header["film"]
        shots = tuple((Shot(each["start"], each["stop"]), each["key"]) for each in header["shots"])  # type: ignore[attr-defined]
        stored = Path(film["path"])  # type: ignore[index]
        beside = path.absolute().parent / stored.name
        place = Path(source) if source is not None else stored if stored.exists() else beside
        span = Shot(int(header["start"]), int(header["stop"]))  # type: ignore[call-overload]
        return _Described(place, film["signature"], film["frame_rate"] or "24", span, shots)  # type: ignore[index]
    except (KeyError, TypeError, ValueError) as error:
        raise TrackError(f"{path} has a track.json that lacks {error}. Colour the film again.") from error


def render_track(
    track: str | Path,
    output: str | Path,
    *,
    source: str | Path | None = None,
    codec: str | None = None,
    quality: float | None = None,
    pixel_format: str | None = None,
    size: str | None = None,
    saturation: float = 1.0,
    full_range: bool | None = None,
    overwrite: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Result:
    """Writes the film in colour again from what a track keeps.

    Args:
        track: the folder that ``colorize_video(..., track=True)`` left.
        output: as for ``colorize_video``; ``codec``, ``quality`` and ``pixel_format`` too.
        source: the film, where it is no longer at the place it was coloured from.
        size: ``"1280x720"``, or the short side in pixels (``"540"``); luma is resampled too. None keeps the film's.
        saturation: what chroma is multiplied by; 0 is gray.
        full_range: the range of the output's code values; None keeps the film's.

    Raises:
        TrackError: no track, one whose film has changed, or one with shots that are not coloured yet.
        InputError, OutputError, SettingError: before any frame is written.
    """
    if not 0 <= saturation <= 4:
        raise SettingError(f"Saturation {saturation:g} is out of range. Give 0 (gray) to 4; 1 leaves colours alone.")
    described = _described(Path(track), source)
    if not described.film.exists():
        raise InputError(f"The track's film {described.film} is not there. Say where it is with --source.")
    if film_signature(described.film) != described.signature:
        raise TrackError(f"{described.film} is not the film that {track} was made from. Give it with --source.")
    film = Film.open(described.film, frame_rate=described.frame_rate)
    info = film.info
    wanted = None if size is None else _size(size, (info.height, info.width))
    folder = ChromaTrack(Path(track))
    missing = [shot for shot, key in described.shots if folder.notes(shot, key) is None]
    if missing:
        raise TrackError(
            f"{len(missing)} of {len(described.shots)} shots are not coloured yet, the first at frame "
            f"{missing[0].start}. Run `kinemacolor colorize` again to finish them."
        )
    done, began = 0, time.perf_counter()
    with ExitStack() as stack:
        span = described.span
        reader = stack.enter_context(Recast(film.frames(span), size=wanted, full_range=full_range))
        writer = stack.enter_context(
            open_writer(output, reader, codec=codec, quality=quality, pixel_format=pixel_format, overwrite=overwrite)
        )

        def after(frame: Frame) -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(Progress(done, len(span), time.perf_counter() - began))

        frames = read_ahead(reader, _FRAMES_AHEAD)
        write_answers(_answers(folder, described, frames), writer, saturation=saturation, after=after)
    return Result(
        output=str(output),
        frames=done,
        seconds=time.perf_counter() - began,
        warnings=(*info.warnings, *reader.warnings, *writer.warnings),
        damaged=bool(reader.warnings),
    )


def _answers(folder: ChromaTrack, described: _Described, frames: Iterable[Frame]) -> Generator[Answer, None, None]:
    left = iter(frames)
    for shot, key in described.shots:
        yield from kept_answers(folder, shot, key, islice(left, len(shot)))


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
    if min(height, width) < 2:
        raise SettingError(f"Size '{text}' is too small. Give 2 pixels or more a side.")
    return height, width
