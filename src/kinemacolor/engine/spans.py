"""A long take, colored span by span, each from the state that the one before it left.

The spans of a shot change nothing in its colors: they end where the model's state is all that later frames need of
earlier ones.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch

from kinemacolor.engine.exemplars.applied import WithExemplars
from kinemacolor.engine.plan import PlannedShot
from kinemacolor.engine.shot import with_answers
from kinemacolor.frames import Frame, Luma
from kinemacolor.models.base import Answer, Reference, StreamingColorizer
from kinemacolor.models.host_memory import giving_back
from kinemacolor.models.kept import bytes_of_state, state_of_bytes

SPAN_FRAMES = 240
"""How long a span is at least; a shot of less than two is one."""


@dataclass(frozen=True, slots=True)
class Point:
    """A frame of a shot, counted from its first, and the model's state before it as bytes; None at the first."""

    frame: int = 0
    state: bytes | None = None


class SpannedShot:
    """A shot of so many ``frames`` that can be cut. ``key`` is that of its colors, which its states carry."""

    def __init__(self, model: WithExemplars, references: Sequence[Reference], key: str, frames: int) -> None:
        inner = model.streaming(references)
        assert inner is not None
        self._model, self._references, self._key, self._frames = model, references, key, frames
        self._inner: StreamingColorizer[Any] = inner
        self._ready: tuple[Point, Any] | None = None

    @staticmethod
    def of(model: object, planned: PlannedShot) -> "SpannedShot | None":
        """The shot in spans; None for one that is too short, or that this model colors in one go only."""
        frames = len(planned.shot)
        if not isinstance(model, WithExemplars) or frames < 2 * SPAN_FRAMES:
            return None
        references = planned.references()
        if model.streaming(references) is None:
            return None
        shot = SpannedShot(model, references, planned.key, frames)
        return shot if shot.end_after(0) is not None else None

    def end_after(self, first: int) -> int | None:
        """Where the span that begins at ``first`` ends; None where it is the last."""
        possible = range(first + SPAN_FRAMES, self._frames - SPAN_FRAMES + 1)
        return next((end for end in possible if self._model.may_be_cut(self._references, end)), None)

    def take_up(self, point: Point) -> None:
        """Makes the model's state at a point, for ``answers`` from there on.

        Raises ``UnfitStateError`` where its bytes are not that.
        """
        with giving_back():
            state = self._inner.start(self._references)
        if point.state is not None:
            device = getattr(_innermost(self._inner), "device", torch.device("cpu"))
            state = state_of_bytes(point.state, state, self._label(point.frame), device=device)
        self._ready = point, state

    def _state_at(self, point: Point) -> Any:
        """The state at a point, which is handed out once: frames change it."""
        if self._ready is None or self._ready[0] != point:
            self.take_up(point)
        assert self._ready is not None
        (_, state), self._ready = self._ready, None
        return state

    def answers(
        self, frames: Iterable[Frame], point: Point, size: tuple[int, int], luma: Callable[[Frame], Luma]
    ) -> Iterator[tuple[Frame, Answer, Point | None]]:
        """Each frame from ``point`` on with its answer, and behind the last of a span the point that it leads to."""
        source, first, state = iter(frames), point.frame, self._state_at(point)
        while True:
            end = self.end_after(first)
            part = source if end is None else islice(source, end - first)
            latest: tuple[Frame, Answer] | None = None
            seen = first
            for each in with_answers(part, self._from(state, first), size, luma=luma):
                if latest is not None:
                    yield *latest, None
                latest, seen = each, seen + 1
            # here the model has seen the whole span, and no more
            is_whole = end is not None and seen == end
            if latest is not None:
                yield *latest, (Point(seen, bytes_of_state(state, self._label(seen))) if is_whole else None)
            if end is None or not is_whole:
                return
            first = end

    def _from(self, state: Any, first: int) -> Callable[[Iterator[Luma]], Iterator[Answer]]:
        return lambda lumas: self._model.go_on(lumas, self._references, state, first)

    def _label(self, frame: int) -> str:
        return f"{self._key} {frame}"


def _innermost(model: Any) -> Any:
    """The model that another one wraps, if it does."""
    return getattr(model, "model", model)
