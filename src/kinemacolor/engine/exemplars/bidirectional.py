"""An exemplar inside a shot colors towards the end and towards the start; between two of them, both are blended.

Any model that goes forward is run backward too, from each exemplar that is a frame of the shot to the one before it
or to the shot's start. The two answers weigh by nearness in time and by the model's own confidence. The exemplars'
own frames keep their chroma.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch

from kinemacolor.engine.exemplars.answered import AnsweredFrame, Answering, answers, confidence_at, numbered
from kinemacolor.frames import Luma, ObjectMasks, ObjectsFrom
from kinemacolor.models.base import Answer, Colorizer, Reference, StreamingColorizer

REACH_FRAMES = 96
"""How far back an exemplar colors, and the most frames that are held: about 5 MB each at 854x480."""

_FAR_FRAMES = 4 * REACH_FRAMES
_DECISIVE = 2


class Bidirectional(Answering):
    """A model that colors in both directions from the exemplars inside a shot.

    With no exemplar inside, or one at the shot's first frame only, it is the model itself to the bit.
    """

    def __init__(self, model: Colorizer, *, reach_frames: int = REACH_FRAMES) -> None:
        super().__init__(model)
        self.reach_frames = reach_frames

    @property
    def identity(self) -> str:
        """That of the model, and how far back it colors."""
        return f"{self.model.identity}-bidirectional-{self.reach_frames}"

    def _answers(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None
    ) -> Iterator[AnsweredFrame]:
        return self._both_ways(answers(self.model, lumas, references, objects), references, objects)

    def go_on(
        self, lumas: Iterable[Luma], references: Sequence[Reference], state: Any, first: int
    ) -> Iterator[Answer]:
        """The answers from a shot's frame ``first`` on, ``state`` being the model's before it.

        They are those of the shot in one go where it ``may_be_cut`` before that frame, and where ``lumas`` end.
        """
        assert isinstance(self.model, StreamingColorizer)
        model = self.model
        forward = numbered(lumas, lambda some: model.go_on(some, state), first=first)
        for frame in self._both_ways(forward, references, None, first=first):
            yield Answer(frame.chroma, frame.confidence)

    def may_be_cut(self, references: Sequence[Reference], frame: int) -> bool:
        """Whether no exemplar from ``frame`` on colors the frames before it: it is too far, or another is nearer."""
        anchors = _anchors(references)
        after = min((each for each in anchors if each >= max(frame, 1)), default=None)
        return after is None or frame <= after - self.reach_frames or frame - 1 in anchors

    def _both_ways(
        self,
        forward: Iterable[AnsweredFrame],
        references: Sequence[Reference],
        objects: ObjectMasks | None,
        *,
        first: int = 0,
    ) -> Iterator[AnsweredFrame]:
        anchors = _anchors(references)
        to_come = max(anchors, default=0)
        held: deque[AnsweredFrame] = deque()
        before = max((each for each in anchors if each < max(first, 1)), default=None)
        for answer in forward:
            index = answer.index
            if index > 0 and index in anchors:
                yield from self._met(held, answer, before, references, objects)
                held.clear()
                before = index
                yield answer
            elif index >= to_come or index == before:
                yield answer
            else:
                held.append(answer)
                if len(held) > self.reach_frames:
                    yield held.popleft()
        yield from held  # the shot ended before an exemplar's frame came

    def _met(
        self,
        held: Sequence[AnsweredFrame],
        anchor: AnsweredFrame,
        before: int | None,
        references: Sequence[Reference],
        objects: ObjectMasks | None,
    ) -> list[AnsweredFrame]:
        """The held frames, colored from the anchor backward as well."""
        if not held:
            return []
        seen = [replace(r, index=0 if r.index == anchor.index else None) for r in references]
        masks = None if objects is None else ObjectsFrom(objects, anchor.index, -1)
        back = answers(self.model, (each.luma for each in (anchor, *reversed(held))), seen, masks)
        next(back)
        return [_blended(one, other, before, anchor.index) for one, other in zip(reversed(held), back)][::-1]


def _anchors(references: Sequence[Reference]) -> set[int]:
    return {r.index for r in references if r.index is not None and r.alpha is None}


def _blended(forward: AnsweredFrame, backward: AnsweredFrame, before: int | None, after: int) -> AnsweredFrame:
    """Two answers for a frame between two anchors; ``before`` None is none, as if it were far away."""
    since = _FAR_FRAMES if before is None else forward.index - before
    until = after - forward.index
    size = (forward.chroma.shape[-2], forward.chroma.shape[-1])
    # decisive, so that where they disagree one wins rather than their mean, which would be gray
    one = (confidence_at(forward, size) * until / (since + until)) ** _DECISIVE
    other = (confidence_at(backward, size) * since / (since + until)) ** _DECISIVE
    share = other / (one + other).clamp_min(1e-12)
    chroma = forward.chroma + share * (backward.chroma - forward.chroma)
    confidence = forward.confidence
    if confidence is not None and backward.confidence is not None:
        confidence = torch.maximum(confidence, backward.confidence)
    return AnsweredFrame(forward.index, forward.luma, chroma, confidence)
