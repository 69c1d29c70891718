from collections.abc import Iterable, Iterator, Sequence

import pytest
import torch

from kinemacolor.frames import Chroma, Luma
from kinemacolor.models.base import Confidence, ConfidentColorizer, Reference
from kinemacolor.models.permanent import both_ways, suited

SIZE = (6, 8)


class LastSeen:
    """Gives the chroma of the exemplar last passed, and 0 before there was one."""

    def colorize(self, lumas: Iterable[Luma], references: Sequence[Reference]) -> Iterator[Chroma]:
        at = {r.index: r.chroma for r in references if r.index is not None}
        current = torch.zeros(2, *SIZE)
        for index, _ in enumerate(lumas):
            current = at.get(index, current)
            yield current


class Fading(LastSeen):
    """The same, less sure with each frame."""

    def colorize_with_confidence(
        self, lumas: Iterable[Luma], references: Sequence[Reference]
    ) -> Iterator[tuple[Chroma, Confidence]]:
        sure = 0.01
        at = {r.index for r in references}
        for index, chroma in enumerate(self.colorize(lumas, references)):
            sure = 1.0 if index in at else max(0.01, sure - 0.05)
            yield chroma, torch.full((1, *SIZE), sure)


def still(index: int | None, value: float) -> Reference:
    return Reference(torch.full((1, *SIZE), 50.0), torch.full((2, *SIZE), value), index)


def values(model: object, frames: int, references: list[Reference]) -> list[float]:
    lumas = [torch.full((1, *SIZE), 50.0) for _ in range(frames)]
    return [float(chroma.mean()) for chroma in model.colorize(lumas, references)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", [LastSeen(), Fading()])
def test_an_exemplar_colours_towards_the_start_too(model: LastSeen) -> None:
    found = values(both_ways(model), 12, [still(8, 10.0)])
    assert found[8:] == [10.0] * 4
    assert min(found) > 9.5
    assert values(model, 12, [still(8, 10.0)])[:8] == [0.0] * 8


def test_between_two_exemplars_the_nearer_weighs_more() -> None:
    found = values(both_ways(LastSeen()), 11, [still(0, 0.0), still(10, 10.0)])
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
    found = both_ways(model).colorize(lumas(), references)
    for count, chroma in enumerate(found, 1):
        assert len(asked) == count
        assert torch.equal(chroma, torch.full((2, *SIZE), 7.0))
    assert suited(model, references, back=True) is model


def test_confidence_is_the_surer_ones() -> None:
    model = both_ways(Fading())
    assert isinstance(model, ConfidentColorizer)
    assert not isinstance(both_ways(LastSeen()), ConfidentColorizer)
    lumas = [torch.full((1, *SIZE), 50.0)] * 9
    sure = [float(c.mean()) for _, c in model.colorize_with_confidence(lumas, [still(0, 0.0), still(8, 9.0)])]
    assert sure == pytest.approx([1, 0.95, 0.9, 0.85, 0.8, 0.85, 0.9, 0.95, 1])


def test_no_more_frames_are_held_than_the_reach() -> None:
    from kinemacolor.models.permanent.both_ways import BothWays

    asked: list[int] = []

    def lumas() -> Iterator[Luma]:
        for index in range(40):
            asked.append(index)
            yield torch.full((1, *SIZE), 50.0)

    found = []
    for chroma in BothWays(LastSeen(), reach_frames=5).colorize(lumas(), [still(30, 10.0)]):
        found.append(float(chroma.mean()))
        assert len(asked) - len(found) <= 5
    assert found[:25] == [0.0] * 25
    assert min(found[25:]) > 9


def test_an_exemplar_past_the_end_of_the_shot_loses_no_frame() -> None:
    assert values(both_ways(LastSeen()), 5, [still(0, 4.0), still(20, 9.0)]) == [4.0] * 5
