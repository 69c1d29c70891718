"""Corrections: partial exemplars are known color in their own frame and are carried through their shot by flow.

Around any model. A mark (a point, a scribble) says what color something has, and is not shown to the model: it has
nothing to recognize. A larger part of a picture is shown to the model as well. Elsewhere the model's answer is left
as it is, to the bit.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from kinemacolor.engine.exemplars.answered import AnsweredFrame, Answering, answers
from kinemacolor.engine.exemplars.marks import Field, is_mark, spread
from kinemacolor.frames import Luma, ObjectMasks
from kinemacolor.layers.flow import consistent, optical_flow
from kinemacolor.layers.warp import warp
from kinemacolor.models.base import Colorizer, Reference
from kinemacolor.resize import resize

REACH_FRAMES = 96
"""How far back a correction goes, and the most frames that are held."""

_GONE = 0.05
_SAME_LUMA, _OTHER_LUMA = 6.0, 14.0


@dataclass(frozen=True, slots=True)
class _Carried:
    """A field and the L* of the frame it lies on, at stride 2. ``since`` is the frame that it was given in."""

    field: Field
    luma: Luma
    since: int

    def to(self, luma: Luma) -> "_Carried | None":
        """The same on a neighboring frame; None where nothing of it is left."""
        back = optical_flow(luma, self.luma, preset="fast")
        forth = optical_flow(self.luma, luma, preset="fast")
        planes = warp(torch.cat((self.field.chroma, self.field.weight, self.field.origin, self.luma)), back)
        weight = planes[2:3] * consistent(back, forth)
        # neither the last step nor all of them together may lead to something lighter or darker
        weight = weight * _same(planes[4:5] - luma) * _same(planes[3:4] - luma)
        weight = torch.where(weight < _GONE, 0, weight)
        if not weight.any():
            return None
        return _Carried(Field(planes[:2], weight, planes[3:4]), luma, self.since)


def _same(difference: Float[Tensor, "1 h w"]) -> Float[Tensor, "1 h w"]:
    return ((_OTHER_LUMA - difference.abs()) / (_OTHER_LUMA - _SAME_LUMA)).clamp(0, 1)


class Corrected(Answering):
    """A model whose answers are corrected by the partial exemplars that are frames of the shot."""

    def __init__(self, model: Colorizer, *, reach_frames: int = REACH_FRAMES) -> None:
        super().__init__(model)
        self.reach_frames = reach_frames

    @property
    def identity(self) -> str:
        """That of the model, and how far back a correction goes."""
        return f"{self.model.identity}-corrected-{self.reach_frames}"

    def _answers(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None
    ) -> Iterator[AnsweredFrame]:
        anchors = sorted(r.index for r in references if r.index is not None and r.alpha is None)
        parts = sorted((r for r in references if r.index is not None and r.alpha is not None), key=_place)
        shown = [r for r in references if not is_mark(r.alpha)]
        last = max((r.index for r in parts if r.index is not None), default=-1)
        carried: _Carried | None = None
        held: deque[AnsweredFrame] = deque()
        for answer in answers(self.model, lumas, shown, objects):
            small = _half(answer.luma)
            carried = carried.to(small) if carried is not None and answer.index not in anchors else None
            if carried is not None:
                answer = _with_field(answer, carried.field, _ramp(answer.index, carried.since, anchors))
            for part in parts:
                if part.index == answer.index:
                    answer, given = _given(answer, small, part)
                    self._back(given, held, anchors)
                    carried = _joined(carried, given)
            held.append(answer)
            while held and (answer.index >= last or len(held) > self.reach_frames):
                yield held.popleft()
        yield from held

    @staticmethod
    def _back(given: _Carried, held: deque[AnsweredFrame], anchors: Sequence[int]) -> None:
        """Corrects the frames before, as far as the correction can be followed and no whole exemplar is met."""
        current: _Carried | None = given
        for place in range(len(held) - 1, -1, -1):
            index = held[place].index
            current = current.to(_half(held[place].luma)) if current is not None and index not in anchors else None
            if current is None:
                return
            held[place] = _with_field(held[place], current.field, _ramp(index, given.since, anchors))


def _place(part: Reference) -> tuple[int, int]:
    """Frame, and first pixel that counts: the order of corrections, whatever the order they come in."""
    assert part.index is not None
    assert part.alpha is not None
    return part.index, int((part.alpha.flatten() > 0).int().argmax())


def _half(luma: Luma) -> Float[Tensor, "1 h2 w2"]:
    return resize(luma, (-(-luma.shape[-2] // 2), -(-luma.shape[-1] // 2)))


def _given(answer: AnsweredFrame, small: Luma, part: Reference) -> tuple[AnsweredFrame, _Carried]:
    """A frame with the colors that a partial exemplar gives it, and the field to be carried from it."""
    assert part.alpha is not None
    device = answer.chroma.device
    size, half = (answer.luma.shape[-2], answer.luma.shape[-1]), (small.shape[-2], small.shape[-1])
    alpha = part.alpha.to(device, torch.float32)
    weighted = part.chroma.to(device, torch.float32) * alpha
    covered = resize(alpha, half)
    known = resize(weighted, half) / covered.clamp_min(1e-6)
    peak = float(covered.max())
    where = covered[0] >= min(0.5, 0.7 * peak) if peak > 0 else covered[0] > 1
    small = small.to(device)
    field = spread(small, resize(answer.chroma, half), known, where, everywhere=is_mark(part.alpha))
    full = resize(alpha, size)
    exact = resize(weighted, size) / full.clamp_min(1e-6)
    answer = _with_field(answer, field)
    chroma = torch.where(full >= 0.5, exact, answer.chroma)
    return replace(answer, chroma=chroma), _Carried(field, small, answer.index)


def _ramp(index: int, given: int, anchors: Sequence[int]) -> float:
    """How much a correction counts on its way to a whole exemplar's frame: 1 where it is given, 0 there."""
    beyond = [each for each in anchors if (each < index if index < given else each > index)]
    if not beyond:
        return 1.0
    end = max(beyond) if index < given else min(beyond)
    return (end - index) / (end - given)


def _with_field(answer: AnsweredFrame, field: Field, share: float = 1.0) -> AnsweredFrame:
    size = (answer.chroma.shape[-2], answer.chroma.shape[-1])
    weight = share * resize(field.weight, size)
    # weighted before it is enlarged, so that a color beside the field does not seep in
    target = share * resize(field.chroma * field.weight, size)
    chroma = torch.where(weight > 0, answer.chroma * (1 - weight) + target, answer.chroma)
    confidence = answer.confidence
    if confidence is not None:
        at = (confidence.shape[-2], confidence.shape[-1])
        confidence = torch.maximum(confidence, share * resize(field.weight, at).to(confidence.dtype))
    return replace(answer, chroma=chroma, confidence=confidence)


def _joined(carried: _Carried | None, given: _Carried) -> _Carried:
    """The field carried here, and over it the one given here."""
    if carried is None:
        return given
    over, under = given.field, carried.field
    share = over.weight
    return _Carried(
        Field(
            under.chroma + torch.where(share >= under.weight, 1.0, share) * (over.chroma - under.chroma),
            torch.maximum(share, under.weight),
            torch.where(share >= under.weight, over.origin, under.origin),
        ),
        given.luma,
        given.since,
    )
