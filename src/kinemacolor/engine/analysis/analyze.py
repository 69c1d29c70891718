"""The analysis of a film before it is colored, and its memory on disk."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinemacolor.engine.analysis.likeness import Summaries
from kinemacolor.engine.analysis.still_finder import StillPlace
from kinemacolor.engine.analysis.survey import Survey, survey
from kinemacolor.engine.track.keys import exemplar_hash, key_of
from kinemacolor.engine.track.seal import read_sealed, write_sealed
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.io import Film
from kinemacolor.layers.place_features import SUMMARY_NUMBERS

_VERSION = 2
_THE_FILM = "<film>"


@dataclass(frozen=True, slots=True)
class FilmAnalysis:
    """The frames and cuts of a film, a summary of each shot, and where each still belongs.

    ``summaries`` is empty where there are so few stills that every shot gets them all. ``notes`` are lines on what
    the frames show.
    """

    frames: int
    cuts: tuple[int, ...]
    summaries: tuple[Sequence[float], ...]
    places: tuple[StillPlace | None, ...]
    notes: tuple[str, ...] = ()


def analyze(
    film: Film,
    span: Shot,
    stills: Sequence[Exemplar],
    *,
    cuts: Sequence[int] | None,
    summarize: bool,
    signature: str | None,
    memory: Path | None,
    progress: Callable[[int], None] | None,
) -> FilmAnalysis:
    """The analysis of a part of a film; from ``memory``, a file, where that was looked through before.

    ``cuts`` None lets them be found. ``summarize`` asks for a summary of each shot. ``signature`` is the film's, None
    where nothing is to be remembered. ``progress`` is told the number of frames seen.
    """
    of = key_of([_VERSION, signature, [span.start, span.stop], None if cuts is None else list(cuts), summarize])
    names = [f"{exemplar_hash(still)}@{still.index}" for still in stills]
    known = None if memory is None else _recalled(memory, of, names, film.source)
    if known is not None and all(span.start < cut < span.start + known.frames for cut in known.cuts):
        return known
    with film.frames(span) as reader:
        seen = survey(reader, cuts=cuts, stills=stills, progress=progress)
    found = FilmAnalysis(seen.frames, seen.cuts, _summaries(seen, film) if summarize else (), seen.places, seen.notes)
    if memory is not None:
        _remember(memory, of, names, found, film.source)
    return found


def _summaries(seen: Survey, film: Film) -> tuple[Sequence[float], ...]:
    if not seen.cuts:
        return ()
    return tuple(Summaries().of_grays(seen.samples, full_range=film.info.full_range))


def _remember(memory: Path, of: str, names: Sequence[str], found: FilmAnalysis, source: str) -> None:
    places = {name: p and [p.frame, p.likeness, p.own] for name, p in zip(names, found.places)}
    content = {"of": of, "frames": found.frames, "cuts": found.cuts, "summaries": found.summaries, "places": places}
    content["notes"] = [note.replace(source, _THE_FILM) for note in found.notes]  # it may be elsewhere next time
    with suppress(OSError):  # a film can be looked at again
        write_sealed(memory, content)


def _recalled(memory: Path, of: str, names: Sequence[str], source: str) -> FilmAnalysis | None:
    """The analysis as remembered; None where there is none, it is of another film, or the file is damaged."""
    try:
        content: dict[str, Any] = read_sealed(memory)
        if content["of"] != of or not set(names) <= set(content["places"]):
            return None
        places = tuple(_place(content["places"][name]) for name in names)
        cuts = tuple(map(_count, content["cuts"]))
        if list(cuts) != sorted(set(cuts)):
            raise ValueError("cuts that are in no order")
        summaries = _summaries_of(content["summaries"])
        notes = tuple(str(note).replace(_THE_FILM, source) for note in content["notes"])
        return FilmAnalysis(_count(content["frames"]), cuts, summaries, places, notes)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _summaries_of(written: Any) -> tuple[Sequence[float], ...]:
    """Summaries of shots as they were remembered. Raises ``TypeError`` or ``ValueError`` where they are none."""
    for row in written:
        if len(row) != SUMMARY_NUMBERS or not all(isinstance(each, float) and math.isfinite(each) for each in row):
            raise ValueError("a summary that is none")
    return tuple(written)


def _place(written: Any) -> StillPlace | None:
    """A still's place as it was remembered. Raises ``TypeError`` or ``ValueError`` where it is none."""
    if written is None:
        return None
    frame, likeness, own = written
    return StillPlace(_count(frame), float(likeness), None if own is None else float(own))


def _count(written: Any) -> int:
    if not isinstance(written, int) or isinstance(written, bool) or written < 0:
        raise ValueError(f"{written!r} is no number of frames")
    return written
