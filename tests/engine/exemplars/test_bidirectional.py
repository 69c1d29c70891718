from collections.abc import Iterable, Iterator, Sequence

import pytest
import torch

from kinemacolor.engine.exemplars.applied import suited
from kinemacolor.engine.exemplars.bidirectional import Bidirectional
from kinemacolor.frames import Luma, ObjectMasks
from kinemacolor.models.base import Answer, Colorizer, Reference

SIZE = (6, 8)


class LastSeen:
    """Gives the chroma of the exemplar last passed, and 0 before there was one."""

    identity, notes = "last seen", ()

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        at = {r.index: r.chroma for r in references if r.index is not None}
        current = torch.zeros(2, *SIZE)
        for index, _ in enumerate(lumas):
            current = at.get(index, current)
            yield Answer(current)


class Fading(LastSeen):
    """The same, less sure with each frame."""

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        sure = 0.01
        at = {r.index for r in references}
        for index, answer in enumerate(super().colorize(lumas, references)):
            sure = 1.0 if index in at else max(0.01, sure - 0.05)
            yield Answer(answer.chroma, torch.full((1, *SIZE), sure))


def still(index: int | None, value: float) -> Reference:
    return Reference(torch.full((1, *SIZE), 50.0), torch.full((2, *SIZE), value), index)


def values(model: Colorizer, frames: int, references: list[Reference]) -> list[float]:
    lumas = [torch.full((1, *SIZE), 50.0) for _ in range(frames)]
    return [float(answer.chroma.mean()) for answer in model.colorize(lumas, references)]


@pytest.mark.parametrize("model", [LastSeen(), Fading()])
def test_an_exemplar_colors_towards_the_start_too(model: LastSeen) -> None:
    found = values(Bidirectional(model), 12, [still(8, 10.0)])
    assert found[8:] == [10.0] * 4
    assert min(found) > 9.5
    assert values(model, 12, [still(8, 10.0)])[:8] == [0.0] * 8


def test_between_two_exemplars_the_nearer_weighs_more() -> None:
    found = values(Bidirectional(LastSeen()), 11, [still(0, 0.0), still(10, 10.0)])
    assert found[0] == 0.0
    assert found[10] == 10.0
    assert found == sorted(found)
    assert found[5] == pytest.approx(5.0)
    assert found[1] < 0.5
    assert found[9] > 9.5


def test_without_an_exemplar_inside_nothing_is_held_or_changed() -> None:
    model, asked = LastSeen(), []

    def lumas() -> Iterator[Luma]:
        for index in range(6):
            asked.append(index)
            yield torch.rand(1, *SIZE, generator=torch.Generator().manual_seed(index)) * 100

    references = [still(0, 7.0), still(None, 3.0)]
    found = Bidirectional(model).colorize(lumas(), references)
    for count, answer in enumerate(found, 1):
        assert len(asked) == count
        assert torch.equal(answer.chroma, torch.full((2, *SIZE), 7.0))
    assert suited(model, references, bidirectional=True) is model


def test_a_model_that_cannot_say_how_sure_it_is_stays_so() -> None:
    lumas = [torch.full((1, *SIZE), 50.0)] * 3
    assert all(answer.confidence is None for answer in Bidirectional(LastSeen()).colorize(lumas, [still(2, 9.0)]))


def test_confidence_is_the_surer_ones() -> None:
    lumas, stills = [torch.full((1, *SIZE), 50.0)] * 9, [still(0, 0.0), still(8, 9.0)]
    sure = [float(answer.confidence.mean()) for answer in Bidirectional(Fading()).colorize(lumas, stills)]
    assert sure == pytest.approx([1, 0.95, 0.9, 0.85, 0.8, 0.85, 0.9, 0.95, 1])


def test_no_more_frames_are_held_than_the_reach() -> None:
    asked: list[int] = []

    def lumas() -> Iterator[Luma]:
        for index in range(40):
            asked.append(index)
            yield torch.full((1, *SIZE), 50.0)

    found = []
    for answer in Bidirectional(LastSeen(), reach_frames=5).colorize(lumas(), [still(30, 10.0)]):
        found.append(float(answer.chroma.mean()))
        assert len(asked) - len(found) <= 5
    assert found[:25] == [0.0] * 25
    assert min(found[25:]) > 9


def test_an_exemplar_past_the_end_of_the_shot_loses_no_frame() -> None:
    assert values(Bidirectional(LastSeen()), 5, [still(0, 4.0), still(20, 9.0)]) == [4.0] * 5
