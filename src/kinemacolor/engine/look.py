"""Looking at a film before colouring it, and remembering what was seen."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kinemacolor.engine.assign import MOST_ALIKE
from kinemacolor.engine.relevance import Summaries
from kinemacolor.engine.still_finder import StillPlace
from kinemacolor.engine.survey import Survey, survey
from kinemacolor.engine.track.chunk import write_json
from kinemacolor.engine.track.keys import exemplar_hash, key_of
from kinemacolor.frames import Exemplar, Shot
from kinemacolor.io import Film

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of a film: its frames, its cuts, a summary of each shot, and where each still belongs.

    ``summaries`` is empty where there are so few stills that every shot gets them all.
    """

    frames: int
    cuts: tuple[int, ...]
    summaries: tuple[Sequence[float], ...]
    places: tuple[StillPlace | None, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """The part of a film that is looked at. ``signature`` is the film's, None where nothing is to be remembered."""

    film: Film
    span: Shot
    signature: str | None


def look(
    subject: Subject,
    stills: Sequence[Exemplar],
    *,
    cuts: Sequence[int] | None,
    memory: Path | None,
    progress: Callable[[int], None] | None,
) -> Findings:
    """What the film shows; from ``memory``, a file, where it was seen before. ``cuts`` None lets them be found."""
    span = [subject.span.start, subject.span.stop]
    of = key_of([_VERSION, subject.signature, span, None if cuts is None else list(cuts), len(stills) > MOST_ALIKE])
    names = [f"{exemplar_hash(still)}@{still.index}" for still in stills]
    if memory is not None and (known := _recalled(memory, of, names)) is not None:
        return known
    with subject.film.frames(subject.span) as reader:
        seen = survey(reader, cuts=cuts, stills=stills, progress=progress)
    found = Findings(seen.frames, seen.cuts, _summaries(seen, subject, len(stills)), seen.places)
    if memory is not None:
        _remember(memory, of, names, found)
    return found


def _summaries(seen: Survey, subject: Subject, stills: int) -> tuple[Sequence[float], ...]:
    if stills <= MOST_ALIKE or not seen.cuts:
        return ()
    return tuple(Summaries().of_grays(seen.samples, full_range=subject.film.info.full_range))


def _remember(memory: Path, of: str, names: Sequence[str], found: Findings) -> None:
    places = {name: p and [p.frame, p.likeness, p.own] for name, p in zip(names, found.places)}
    content = {"of": of, "frames": found.frames, "cuts": found.cuts, "summaries": found.summaries, "places": places}
    with suppress(OSError):  # a film can be looked at again
        write_json(memory, content)


def _recalled(memory: Path, of: str, names: Sequence[str]) -> Findings | None:
    try:
        content = json.loads(memory.read_text(encoding="utf-8"))
        if content["of"] != of or not set(names) <= set(content["places"]):
            return None
        places = tuple(StillPlace(*content["places"][n]) if content["places"][n] else None for n in names)
        return Findings(content["frames"], tuple(content["cuts"]), tuple(content["summaries"]), places)
    except (OSError, ValueError, KeyError, TypeError):
        return None
