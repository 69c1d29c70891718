from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np
import torch

from kinemacolor.engine.exemplars.assign import references_for
from kinemacolor.engine.shot import colorize_shot
from kinemacolor.frames import Exemplar, Frame, Luma, ObjectMasks, Planes, Shot
from kinemacolor.models.base import Answer, Reference, StreamingColorizer


class Echo(StreamingColorizer[list[float]]):
    """Answers with chroma that says which luma it saw."""

    identity = "echo"

    def start(self, references: Sequence[Reference]) -> list[float]:
        return []

    def step(self, luma: Luma, state: list[float]) -> Answer:
        state.append(float(luma.mean()))
        return Answer(luma.repeat(2, 1, 1))


class LateEcho(Echo):
    """Reads two frames ahead before it answers, as a model that needs both ends does."""

    def colorize(
        self, lumas: Iterable[Luma], references: Sequence[Reference], objects: ObjectMasks | None = None
    ) -> Iterator[Answer]:
        held: list[Luma] = []
        for luma in lumas:
            held.append(luma)
            if len(held) > 2:
                yield Answer(held.pop(0).repeat(2, 1, 1))
        yield from (Answer(luma.repeat(2, 1, 1)) for luma in held)


def film(count: int) -> list[Frame]:
    return [
        Frame(planes=Planes(np.full((6, 8), 40 + 20 * i, np.uint8)), index=i, seconds=Fraction(i, 24))
        for i in range(count)
    ]


def test_each_frame_gets_its_own_chroma_also_when_the_model_reads_ahead() -> None:
    for model in (Echo(), LateEcho()):
        out = list(colorize_shot(film(7), [], model, (3, 4)))
        assert [frame.index for frame, _ in out] == list(range(7))
        levels = [float(answer.chroma.mean()) for _, answer in out]
        assert levels == sorted(levels)
        assert len(set(levels)) == 7
        assert all(answer.chroma.shape == (2, 3, 4) for _, answer in out)


def test_no_more_frames_are_read_than_the_model_asks_for() -> None:
    read: list[int] = []

    def frames() -> Iterator[Frame]:
        for frame in film(5):
            read.append(frame.index)
            yield frame

    answers = colorize_shot(frames(), [], Echo(), (6, 8))
    next(answers)
    assert read == [0]


def test_exemplars_count_from_the_shots_first_frame() -> None:
    picture = torch.zeros(3, 4, 4, dtype=torch.uint8)
    exemplars = [Exemplar(picture, i, name=str(i)) for i in (25, 10, None, 3)]
    references = references_for(Shot(10, 20), exemplars)
    assert [r.index for r in references] == [None, 0, None, None]
