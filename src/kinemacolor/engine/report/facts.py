"""All that a report says, as plain data: JSON takes it as it is."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version

from kinemacolor._version import __version__
from kinemacolor.engine.analysis.shot_list import clock
from kinemacolor.engine.sinks.summary import ShotOutcome
from kinemacolor.engine.track.keys import exemplar_hash
from kinemacolor.frames import Exemplar
from kinemacolor.io import FilmInfo
from kinemacolor.models.cards import CARDS

FORMAT, VERSION = "kinemacolor report", 1
_PACKAGES = ("torch", "numpy", "av", "opencv-python-headless")
_NAMED_IN_NOTE = 50
_WORST = 12


@dataclass(frozen=True, slots=True)
class Facts:
    """The inputs of a run and its outcome.

    ``settings`` are those that the user chose, by name. ``exemplars`` are all that were given, whether a shot used
    them or not.
    """

    info: FilmInfo
    output: str
    model: str
    settings: Mapping[str, object]
    exemplars: Sequence[Exemplar]
    outcomes: Sequence[ShotOutcome]
    warnings: Sequence[str]
    seconds: float
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def as_dict(self) -> dict[str, object]:
        """The report's content."""
        shots = [self._shot(number, outcome) for number, outcome in enumerate(self.outcomes)]
        return {
            "format": FORMAT,
            "version": VERSION,
            "date": self.date,
            "film": self.info.path,
            "output": self.output,
            "frames": sum(outcome.notes.frames for outcome in self.outcomes),
            "seconds": round(self.seconds, 1),
            "model": {"name": self.model, **_card(self.model)},
            "settings": {name: _plain(value) for name, value in self.settings.items() if value is not None},
            "exemplars": [self._exemplar(exemplar) for exemplar in self.exemplars],
            "shots": shots,
            "worst": self._worst(),
            "warnings": list(self.warnings),
            "versions": versions(),
        }

    def _time(self, frame: int) -> str | None:
        rate = self.info.frame_rate
        return clock(frame / rate) if rate else None

    def _shot(self, number: int, outcome: ShotOutcome) -> dict[str, object]:
        shot, notes = outcome.planned.shot, outcome.notes
        return {
            "number": number,
            "start": shot.start,
            "stop": shot.start + notes.frames,
            "time": self._time(shot.start),
            "exemplars": [exemplar.name for exemplar in outcome.planned.exemplars],
            "confidence": _mean(notes.confidence),
            "confidence_by_frame": notes.confidence,
            "reused": outcome.reused,
            "damaged_frames": notes.damaged,
            "seconds": notes.seconds,
        }

    def _exemplar(self, exemplar: Exemplar) -> dict[str, object]:
        users = [i for i, o in enumerate(self.outcomes) if exemplar.name in {e.name for e in o.planned.exemplars}]
        return {
            "name": exemplar.name,
            "frame": exemplar.index,
            "partial": exemplar.alpha is not None,
            "hash": exemplar_hash(exemplar),
            "shots": users,
            "frames": sum(self.outcomes[i].notes.frames for i in users),
        }

    def _worst(self) -> list[dict[str, object]]:
        """The least sure frame of each of the least sure shots."""
        found: list[tuple[float, int, int]] = []
        for number, outcome in enumerate(self.outcomes):
            if outcome.notes.confidence:
                least = min(outcome.notes.confidence)
                frame = outcome.planned.shot.start + outcome.notes.confidence.index(least)
                found.append((least, number, frame))
        return [
            {"shot": number, "frame": frame, "time": self._time(frame), "confidence": least}
            for least, number, frame in sorted(found)[:_WORST]
        ]


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | list) else str(value)


def _card(model: str) -> dict[str, object]:
    card = CARDS.get(model)
    return {} if card is None else {"title": card.title, "license": card.license}


def versions() -> dict[str, str]:
    """Of Kinemacolor, Python and the packages that results hang on."""
    return {"kinemacolor": __version__, "python": platform.python_version(), **{n: version(n) for n in _PACKAGES}}


def note_of(model: str, exemplars: Sequence[Exemplar], working_size: tuple[int, int]) -> str:
    """The note that goes into the film itself: that its colors are made, by which model and from which stills."""
    stills = [f"{e.name}@{e.index if e.index is not None else 'none'}" for e in exemplars[:_NAMED_IN_NOTE]]
    more = len(exemplars) - len(stills)
    return json.dumps(
        {
            "colors": f"made by Kinemacolor {__version__}; the luma is the source's own",
            "model": model,
            **_card(model),
            "stills": stills + ([f"and {more} more"] if more else []),
            "working_size": f"{working_size[1]}x{working_size[0]}",
        },
        ensure_ascii=False,
    )
