"""The words of a command as a shell hands them over: a star that became several words, or that it left as it is."""

import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.core import TyperCommand

_STILL_FLAGS = frozenset({"--exemplar", "--exemplars", "-e"})
_STARS = "*?["


class Command(TyperCommand):
    """A command that takes ``-e stills/*.png`` as a shell hands it over, and names a word that it has no use for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the words, after each still behind ``-e`` has been given a flag of its own."""
        taken = words_of(self.params, args)
        if taken.too_many:
            ctx.fail(_about_too_many(taken.too_many, self))
        parsed: list[str] = super().parse_args(ctx, taken.args)
        return parsed


@dataclass(frozen=True, slots=True)
class Taken:
    """The words with a flag before each still, and those for which the command has no place."""

    args: list[str]
    too_many: list[str]


@dataclass(slots=True)
class _Part:
    """A flag with its value, or a word without a flag (``still_flag``: that of the stills that it follows)."""

    words: list[str]
    is_free: bool = False
    still_flag: str | None = None


def words_of(parameters: Sequence[Any], args: Sequence[str]) -> Taken:
    """The words as the parameters take them.

    Words that look like stills, and follow a still's flag and its value without another flag between, are stills too;
    but never so many that a place without a flag, such as the film's, goes without its word.
    """
    options = [each for each in parameters if each.param_type_name == "option"]
    places = [each for each in parameters if each.param_type_name == "argument"]
    parts = list(_parts(args, {flag for each in options if not each.is_flag for flag in each.opts}))
    takes_any = any(each.nargs != 1 for each in places)
    free = [part for part in parts if part.is_free]
    spare = len(free) - (0 if takes_any else len(places))
    for part in [each for each in free if each.still_flag is not None]:
        if spare > 0 and part.still_flag is not None and _looks_like_stills(part.words[0]):
            part.words, part.is_free = [part.still_flag, *part.words], False
            spare -= 1
    left = [part.words[0] for part in parts if part.is_free]
    return Taken([word for part in parts for word in part.words], [] if takes_any else left[len(places) :])


def _parts(args: Sequence[str], valued: Iterable[str]) -> Iterator[_Part]:
    flags, words = frozenset(valued), iter(args)
    still_flag = None
    for word in words:
        if word == "--":
            yield _Part([word])
            yield from (_Part([each], is_free=True) for each in words)
        elif len(word) > 1 and word.startswith("-"):
            still_flag = word if word in _STILL_FLAGS & flags else None
            value = next(words, None) if word in flags else None
            values = [] if value is None else _unfolded(value) if still_flag else [value]
            yield _Part([word, *values[:1]])
            yield from (_Part([word, each]) for each in values[1:])
        else:
            yield from (_Part([each], is_free=True, still_flag=still_flag) for each in _unfolded(word))


def _unfolded(word: str) -> list[str]:
    """The files that a word with a star means, where the shell has left that to the program; else the word."""
    if not any(star in word for star in _STARS) or Path(word).exists():
        return [word]
    return sorted(glob.glob(word)) or [word]  # noqa: PTH207 - Path.glob takes no absolute pattern


def _looks_like_stills(word: str) -> bool:
    from kinemacolor.io.sequence import is_still_name

    return Path(word).is_dir() or is_still_name(Path(word)) or is_still_name(Path(word.rpartition("@")[0]))


def _about_too_many(words: Sequence[str], command: Any) -> str:
    names = [each.metavar or each.name.upper() for each in command.params if each.param_type_name == "argument"]
    place = f"takes {' and '.join(names)} and no other word" if names else "takes flags only"
    advice = "Put a flag before each value" if names else "Leave them out"
    if any(_STILL_FLAGS.intersection(each.opts) for each in command.params):
        advice = "Put --exemplar before a still; for several films there is `kinemacolor batch`"
    listed = ", ".join(f"'{word}'" for word in words[:3]) + (", ..." if len(words) > 3 else "")
    return f"{listed}: too many words; {command.name} {place}. {advice}."
