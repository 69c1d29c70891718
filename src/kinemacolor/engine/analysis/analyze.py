"""The analysis of a film before it is colored, and its memory on disk."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.engine.analysis.likeness import Summaries
from kinemacolor.engine.analysis.still_finder import StillPlace
from kinemacolor.engine.analysis.survey import Survey, survey
from kinemacolor.engine.exemplars.assign import MOST_ALIKE
from kinemacolor.engine.track.chunk import write_json
from kinemacolor.engine.track.keys import exemplar_hash, key_of
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.io import Film

_VERSION = 1


@dataclass(frozen=True, slots=True)
class FilmAnalysis:
    """The frames and cuts of a film, a summary of each shot, and where each still belongs.

    ``summaries`` is empty where there are so few stills that every shot gets them all.
    """

    frames: int
    cuts: tuple[int, ...]
    summaries: tuple[Sequence[float], ...]
    places: tuple[StillPlace | None, ...]


def analyze(
    film: Film,
    span: Shot,
    stills: Sequence[Exemplar],
    *,
    cuts: Sequence[int] | None,
    signature: str | None,
    memory: Path | None,
    progress: Callable[[int], None] | None,
) -> FilmAnalysis:
    """The analysis of a part of a film; from ``memory``, a file, where that was looked through before.

    ``cuts`` None lets them be found. ``signature`` is the film's, None where nothing is to be remembered.
    ``progress`` is told the number of frames seen.
    """
    of = key_of(
        [_VERSION, signature, [span.start, span.stop], None if cuts is None else list(cuts), len(stills) > MOST_ALIKE]
    )
    names = [f"{exemplar_hash(still)}@{still.index}" for still in stills]
    if memory is not None and (known := _recalled(memory, of, names)) is not None:
        return known
    with film.frames(span) as reader:
        seen = survey(reader, cuts=cuts, stills=stills, progress=progress)
    found = FilmAnalysis(seen.frames, seen.cuts, _summaries(seen, film, len(stills)), seen.places)
    if memory is not None:
        _remember(memory, of, names, found)
    return found


def _summaries(seen: Survey, film: Film, stills: int) -> tuple[Sequence[float], ...]:
    if stills <= MOST_ALIKE or not seen.cuts:
        return ()
    return tuple(Summaries().of_grays(seen.samples, full_range=film.info.full_range))


def _remember(memory: Path, of: str, names: Sequence[str], found: FilmAnalysis) -> None:
    places = {name: p and [p.frame, p.likeness, p.own] for name, p in zip(names, found.places)}
    content = {"of": of, "frames": found.frames, "cuts": found.cuts, "summaries": found.summaries, "places": places}
    with suppress(OSError):  # a film can be looked at again
        write_json(memory, content)


def _recalled(memory: Path, of: str, names: Sequence[str]) -> FilmAnalysis | None:
    try:
        content = json.loads(memory.read_text(encoding="utf-8"))
        if content["of"] != of or not set(names) <= set(content["places"]):
            return None
        places = tuple(StillPlace(*content["places"][n]) if content["places"][n] else None for n in names)
        return FilmAnalysis(content["frames"], tuple(content["cuts"]), tuple(content["summaries"]), places)
    except (OSError, ValueError, KeyError, TypeError):
        return None
