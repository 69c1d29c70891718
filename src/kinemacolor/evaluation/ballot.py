"""A blind ballot, as the papers' user studies: a page that shows each scene in all its colorings, and the count.

ColorMNet's supplement, section 5: observers choose the most pleasing of a group of films without names, in random
order. The page is static and sends nothing; who colored what is in ``key.json``, which stays with the asker.
"""

import json
import math
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from kinemacolor.errors import InputError, SettingError, reason_of
from kinemacolor.evaluation.clips import Clip, Pictures, find_clips
from kinemacolor.evaluation.pages import template
from kinemacolor.evaluation.preview import write_preview
from kinemacolor.io import probe
from kinemacolor.io.documents import json_object
from kinemacolor.io.output_folder import OutputFolder
from kinemacolor.io.table import read_table

_KEY, _PAGE = "key.json", "ballot/index.html"
_USUAL_RATE = Fraction(24)
_Z = 1.959964
"""Of a 95 % interval."""


def make_ballot(
    films: Mapping[str, Path],
    output: Path,
    *,
    overwrite: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> list[str]:
    """Writes the page, its films and the key under ``output``; the names of the scenes.

    ``films`` is a folder of finished clips by each method's name. A scene is a clip that all of them have; all are
    encoded alike, under names that say nothing.

    Raises ``SettingError`` for fewer than two methods, ``InputError`` where they share no clip, ``OutputExistsError``
    where there is a ballot already and ``overwrite`` is off: without its key, answers to it cannot be counted.
    """
    if len(films) < 2:
        raise SettingError("A ballot needs two or more methods to choose from. Give --results NAME=FOLDER for each.")
    page = template("ballot.html.j2")
    clips = {method: {clip.name: clip for clip in find_clips(folder)} for method, folder in films.items()}
    shared = sorted(set.intersection(*(set(found) for found in clips.values())))
    if not shared:
        raise InputError(f"{' and '.join(films)} have no clip of one name. Name their films alike.")
    key: dict[str, str] = {}
    trials = []
    read = [clips[method][name].path for method in films for name in shared]
    folder = OutputFolder(output, [_KEY, _PAGE], reads=read, overwrite=overwrite)
    for name in shared:
        entries = {secrets.token_hex(8): method for method in films}
        for token, method in entries.items():
            with folder.place(f"ballot/{token}.mp4") as place:
                _write_film(place, clips[method][name])
        key |= entries
        # sorted by token, so that not even the page's text tells who is who
        trials.append({"clip": name, "films": sorted(entries)})
        say(f"{name}: {len(entries)} films")
    folder.write(_KEY, json.dumps({"films": key}, indent=1) + "\n")
    folder.write(_PAGE, page.render(trials=trials))
    return shared


def _write_film(path: Path, clip: Clip) -> None:
    rate = probe(clip.path).frame_rate or _USUAL_RATE
    write_preview(path, (picture.rgb for picture in Pictures(clip.path)), rate)


class Interval(NamedTuple):
    """A share and its 95 % confidence interval."""

    share: float
    low: float
    high: float


def wilson(votes: int, total: int) -> Interval:
    """The share of ``votes`` and its Wilson score interval (Wilson, 1927); NaN without any vote."""
    if not total:
        return Interval(math.nan, math.nan, math.nan)
    share, weight = votes / total, _Z**2 / total
    middle = (share + weight / 2) / (1 + weight)
    half = _Z / (1 + weight) * math.sqrt(share * (1 - share) / total + weight / (4 * total))
    return Interval(share, max(0.0, middle - half), min(1.0, middle + half))


@dataclass(frozen=True, slots=True)
class Count:
    """Votes by method, how often each was shown, and by scene; and how many people voted."""

    votes: Mapping[str, int]
    shown: Mapping[str, int]
    by_clip: Mapping[str, Mapping[str, int]]
    voters: int

    def markdown(self) -> str:
        """The count as a table. Chance is what a method gets if all look alike."""
        lines = ["| | votes | shown | share | 95 % interval |", "|---|---|---|---|---|"]
        for method in sorted(self.shown, key=lambda name: -self.votes.get(name, 0)):
            votes, shown = self.votes.get(method, 0), self.shown[method]
            found = wilson(votes, shown)
            span = f"{100 * found.low:.1f} to {100 * found.high:.1f} %"
            lines.append(f"| {method} | {votes} | {shown} | {100 * found.share:.1f} % | {span} |")
        chance = 100 / max(1, len(self.shown))
        head = f"{sum(self.votes.values())} votes of {self.voters} voters; chance is {chance:.1f} %."
        note = "Intervals are Wilson's and take votes as independent; those of one voter are not quite."
        clips = ["| scene | " + " | ".join(self.shown) + " |", "|---" * (1 + len(self.shown)) + "|"]
        for clip, chosen in sorted(self.by_clip.items()):
            clips.append(f"| {clip} | " + " | ".join(str(chosen.get(method, 0)) for method in self.shown) + " |")
        return "\n".join([head, "", *lines, "", note, "", *clips]) + "\n"


def count_ballot(key: Path, answers: Sequence[Path]) -> Count:
    """The votes of all answer files, named by the key.

    Raises ``InputError`` for a file that is no key or no answers, or answers to another ballot.
    """
    try:
        methods: dict[str, str] = {film: str(method) for film, method in json_object(key)["films"].items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise InputError(
            f"{key} is no key of a ballot ({reason_of(error)}). Give the key.json that lies beside it."
        ) from error
    votes: Counter[str] = Counter()
    shown: Counter[str] = Counter(dict.fromkeys(sorted(set(methods.values())), 0))
    by_clip: dict[str, Counter[str]] = {}
    voters: set[str] = set()
    for path in answers:
        for line in _answers(path):
            try:
                chosen, group = methods[line["chosen"]], [methods[token] for token in line["shown"].split()]
            except KeyError as error:
                raise InputError(f"{path} answers another ballot: film {error} is not in {key}.") from error
            votes[chosen] += 1
            shown.update(group)
            by_clip.setdefault(line["clip"], Counter())[chosen] += 1
            voters.add(line["voter"])
    return Count(votes, shown, by_clip, len(voters))


def _answers(path: Path) -> list[Mapping[str, str]]:
    try:
        table = read_table(path)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read ({reason_of(error)}). Give the CSV files that voters saved."
        ) from error
    if not table.rows or not {"voter", "clip", "shown", "chosen"} <= set(table.columns):
        raise InputError(f"{path} has no answers. Give the CSV files that voters saved.")
    return [row.cells for row in table.rows]
