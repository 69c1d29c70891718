"""One row on one clip: every frame's figures to whoever listens, and their means."""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from kinemacolor.errors import InputError
from kinemacolor.evaluation.figures import FIGURES
from kinemacolor.evaluation.measures import measures_for
from kinemacolor.evaluation.networks import Networks
from kinemacolor.evaluation.pair import Measure, Pair
from kinemacolor.evaluation.protocols import Protocol
from kinemacolor.evaluation.rows import Row, Take, Truth
from kinemacolor.frames import RGB
from kinemacolor.metrics.mean import Mean

END_FRAMES = 20
"""Number of frames that the means over a clip's beginning and end take."""


@dataclass(slots=True)
class Span:
    """Means over all frames scored, the first 20 and the last 20, as values come."""

    whole: Mean = field(default_factory=Mean)
    first: Mean = field(default_factory=Mean)
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=END_FRAMES))

    def add(self, value: float) -> None:
        """Counts one frame's figure; NaN is left out."""
        self.whole.add(value)
        if not math.isnan(value):
            self._recent.append(value)
            if self.first.count < END_FRAMES:
                self.first.add(value)

    @property
    def last(self) -> Mean:
        """The mean over the last 20."""
        mean = Mean()
        for value in self._recent:
            mean.add(value)
        return mean


@dataclass(frozen=True, slots=True)
class Means:
    """A figure of a clip: over all its frames, its first 20, its last 20 (NaN where it is said of clips only)."""

    whole: float
    first: float = math.nan
    last: float = math.nan


@dataclass(frozen=True, slots=True)
class ClipScore:
    """A row on a clip. ``frames`` were scored; ``seconds_per_frame`` is None for rows that are no models."""

    row: str
    clip: str
    frames: int
    figures: Mapping[str, Means]
    seconds_per_frame: float | None = None
    peak_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class FrameScore:
    """A row on a frame, with the pictures that were compared."""

    row: str
    clip: str
    index: int
    figures: Mapping[str, float]
    picture: RGB
    truth: RGB


def figures_of(row: Row, protocol: Protocol) -> list[str]:
    """The protocol's figures that can be said of this row: of the truth itself none that compare with it."""
    return [name for name in protocol.figures if not (isinstance(row, Truth) and FIGURES[name].needs_truth)]


def score_clip(
    row: Row,
    take: Take,
    protocol: Protocol,
    *,
    networks: Networks | None = None,
    pooled: Sequence[Measure] = (),
    listen: Callable[[FrameScore], None] = lambda frame: None,
) -> ClipScore:
    """The row's means on the clip. ``listen`` is told every frame that counts, and so are ``pooled`` measures.

    Figures that need the truth leave exemplar frames out; those of change in time take every frame in the protocol's
    range. Raises ``InputError`` where the row has no pictures for this clip.
    """
    own = {exemplar.index for exemplar in take.exemplars}
    names = figures_of(row, protocol)
    measures = measures_for(names, networks or Networks())
    spans = {name: Span() for name in names if not FIGURES[name].of_clip}
    frames = 0
    for answer, truth in zip_longest(row.pictures(take), take.pictures):
        if answer is None or truth is None:
            raise InputError(f"Row {row.name} has not one picture for each of {take.survey.frames} frames.")
        if not protocol.counts(truth.index, take.survey.frames) or not (answer.readable and truth.readable):
            continue
        pair = Pair(answer.rgb, truth.rgb, take.objects(truth.index), truth.index in own, answer.confidence)
        for measure in pooled:
            measure.update(pair)
        found = {name: value for measure in measures for name, value in measure.update(pair).items()}
        if truth.index in own:
            found = {name: value for name, value in found.items() if not FIGURES[name].needs_truth}
        else:
            frames += 1
        kept = {name: found[name] for name in spans if name in found}
        for name, value in kept.items():
            spans[name].add(value)
        listen(FrameScore(row.name, take.clip.name, truth.index, kept, answer.rgb, truth.rgb))
    figures = {name: Means(span.whole.value, span.first.value, span.last.value) for name, span in spans.items()}
    of_clip = {name: value for measure in measures for name, value in measure.compute().items() if name in names}
    return ClipScore(
        row=row.name,
        clip=take.clip.name,
        frames=frames,
        figures=figures | {name: Means(value) for name, value in of_clip.items()},
    )
