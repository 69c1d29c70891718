"""The report of an evaluation, as one object and as JSON."""

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from kinemacolor.evaluation.figures import FIGURES
from kinemacolor.evaluation.protocols import Protocol
from kinemacolor.evaluation.score import ClipScore, Means
from kinemacolor.metrics.calibration import CalibrationPoint
from kinemacolor.metrics.mean import Mean


@dataclass(slots=True)
class Report:
    """Scores by row and clip, what went wrong, and how it was measured. Grows clip by clip.

    ``pooled`` has, by row, the figures of all clips together; ``calibration`` the error at each degree of confidence.
    """

    protocol: Protocol
    rows: list[str]
    settings: Mapping[str, object]
    provenance: Mapping[str, object]
    clips: list[dict[str, object]] = field(default_factory=list)
    scores: list[ClipScore] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    pooled: dict[str, dict[str, float]] = field(default_factory=dict)
    calibration: dict[str, list[CalibrationPoint]] = field(default_factory=dict)

    def of(self, row: str) -> list[ClipScore]:
        """The row's scores, one a clip."""
        return [score for score in self.scores if score.row == row]

    def mean(self, row: str, figure: str) -> Means:
        """The row's mean over its clips, or its figure of all clips together; NaN where it has none."""
        if FIGURES[figure].pooled:
            return Means(self.pooled.get(row, {}).get(figure, math.nan))
        whole, first, last = Mean(), Mean(), Mean()
        for score in self.of(row):
            if found := score.figures.get(figure):
                whole.add(found.whole)
                first.add(found.first)
                last.add(found.last)
        return Means(whole.value, first.value, last.value)

    def as_dict(self) -> dict[str, object]:
        """The same as JSON takes it; NaN becomes null."""
        content = {
            "protocol": dataclasses.asdict(self.protocol),
            "settings": dict(self.settings),
            "provenance": dict(self.provenance),
            "clips": self.clips,
            "means": {
                row: {name: dataclasses.asdict(self.mean(row, name)) for name in self.protocol.figures}
                for row in self.rows
            },
            "scores": [dataclasses.asdict(score) for score in self.scores],
            "calibration": {
                row: [dataclasses.asdict(point) for point in points] for row, points in self.calibration.items()
            },
            "problems": self.problems,
        }
        plain = _plain(content)
        assert isinstance(plain, dict)
        return plain

    def json(self) -> str:
        """The same as text."""
        return json.dumps(self.as_dict(), indent=1, allow_nan=False) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, range):
        return [value.start, value.stop]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
