"""Memory that does not suffice: less is held, the same colors come, and all of it is said."""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from kinemacolor.engine.answers import Answers
from kinemacolor.engine.job import Job
from kinemacolor.engine.memory import smaller_size
from kinemacolor.engine.plan import Plan, PlannedShot
from kinemacolor.engine.run import Listeners, run
from kinemacolor.errors import is_out_of_memory
from kinemacolor.frames import Exemplar, Frame, Luma, Shot
from kinemacolor.models.base import Answer, Reference, StreamingColorizer

SHORT = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


class Hungry(StreamingColorizer[list[int]]):
    """Colors by how many frames it has seen; frame ``at`` needs more memory than there is, until it is spared."""

    identity, exemplars_on_host = "hungry", False

    def __init__(self, at: int, needs: str, error: Exception = SHORT, most_px: int | None = None) -> None:
        self.at, self.needs, self.error, self.most_px = at, needs, error, most_px
        self.frames_ahead = 2
        self.tries = 0

    def with_exemplars_on_host(self) -> "Hungry":
        other = copy(self)
        other.exemplars_on_host, other.frames_ahead = True, 0
        return other

    def start(self, references: Sequence[Reference]) -> list[int]:
        return []

    def colorize(self, lumas: Iterator[Luma], references: Sequence[Reference], objects: object = None):
        waiting: list[Luma] = []
        state = self.start(references)
        for luma in lumas:
            waiting.append(luma)
            if len(waiting) > 2:
                yield self.answer(waiting.pop(0), state, "one by one")
        yield from (self.answer(luma, state, "one by one") for luma in waiting)

    def step(self, luma: Luma, state: list[int]) -> Answer:
        return self.answer(luma, state, "host")

    def answer(self, luma: Luma, state: list[int], missing: str) -> Answer:
        needed = self.needs == missing or (self.needs == "exemplars on host" and not self.exemplars_on_host)
        too_large = self.most_px is not None and min(luma.shape[-2:]) > self.most_px
        if len(state) == self.at and (needed or too_large or self.needs == "more than there is"):
            self.tries += 1
            raise copy(self.error)  # an error that is kept would keep all that its traceback leads to
        state.append(0)
        return Answer(torch.full((2, *luma.shape[-2:]), 3.0 * len(state)))


def frames_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="yuv420p").tobytes() for frame in film.decode(video=0)]


def job_of(film: Path, still: Exemplar, output: Path, model: Hungry, **more: object) -> Job:
    return Job.of({"source": film, "exemplars": (still,), "output": output, "model": model, "shots": "none", **more})


@pytest.mark.parametrize(
    "error",
    [SHORT, MemoryError(), RuntimeError("cuBLAS: CUBLAS_STATUS_ALLOC_FAILED"), RuntimeError("std::bad_alloc")],
)
@pytest.mark.parametrize("needs", ["one by one", "exemplars on host"])
def test_case_38_a_shot_is_gone_on_with_in_less_memory_and_it_is_said(
    make_film: Callable[..., Path], red_still: Exemplar, tmp_path: Path, needs: str, error: Exception
) -> None:
    film = make_film(tmp_path / "film.mkv", frames=8)
    run(job_of(film, red_still, tmp_path / "calm.mkv", Hungry(-1, "nothing"), codec="ffv1"))
    report = tmp_path / "report.html"
    hungry = Hungry(5, needs, error)
    found = run(job_of(film, red_still, tmp_path / "short.mkv", hungry, codec="ffv1", report=report))
    assert frames_of(tmp_path / "short.mkv") == frames_of(tmp_path / "calm.mkv")
    said = [line for line in found.warnings if "memory did not suffice at frame 5" in line]
    assert len(said) == (1 if needs == "one by one" else 2)
    assert "no frame is prepared ahead" in said[0]
    assert all(line in report.with_suffix(".json").read_text() for line in said)


def test_case_38_where_nothing_more_can_be_spared_the_run_ends_and_leaves_nothing(
    make_film: Callable[..., Path], red_still: Exemplar, tmp_path: Path
) -> None:
    film = make_film(tmp_path / "film.mkv", frames=8)
    hungry = Hungry(5, "more than there is")
    with pytest.raises(torch.OutOfMemoryError):
        run(job_of(film, red_still, tmp_path / "out.mkv", hungry))
    assert [path.name for path in tmp_path.iterdir()] == ["film.mkv"]


def test_case_38_a_smaller_size_is_taken_only_where_it_is_allowed(
    make_film: Callable[..., Path], red_still: Exemplar, tmp_path: Path
) -> None:
    film = make_film(tmp_path / "film.mkv", frames=4, size=(200, 240))
    hungry = Hungry(1, "nothing", most_px=160)
    with pytest.raises(torch.OutOfMemoryError):
        run(job_of(film, red_still, tmp_path / "out.mkv", hungry))
    noticed: list[str] = []
    found = run(
        job_of(film, red_still, tmp_path / "out.mkv", Hungry(1, "nothing", most_px=160), allow_smaller=True),
        Listeners(noticed=noticed.append),
    )
    line = "The memory did not suffice for a working size of 200 lines. The film is colored at 150."
    assert line in found.warnings
    assert line in noticed
    assert found.frames == 4


def test_case_38_a_pipe_cannot_be_begun_again_and_another_error_is_none_of_memory() -> None:
    planned = PlannedShot(Shot(0, 4), ())
    frames = [Frame(torch.zeros(3, 8, 8, dtype=torch.uint8), index=i) for i in range(4)]
    for error in (SHORT, RuntimeError("something else")):
        answers = Answers(Plan((planned,)), Hungry(1, "one by one", error), (8, 8))
        with pytest.raises(type(error)):
            [list(shot.frames) for shot in answers.shots(frames)]
        assert not answers.warnings


def test_case_38_a_film_that_needs_too_much_memory_itself_loses_no_frame() -> None:
    def frames() -> Iterator[Frame]:
        for i in range(2):
            yield Frame(torch.zeros(3, 8, 8, dtype=torch.uint8), index=i)
        raise MemoryError

    answers = Answers(Plan((PlannedShot(Shot(0, 4), ()),)), Hungry(-1, "nothing"), (8, 8), again=lambda shot: None)
    with pytest.raises(MemoryError):
        [list(shot.frames) for shot in answers.shots(frames())]


@pytest.mark.parametrize("size", [(480, 640), (128, 400), (127, 90)])
def test_sizes_get_smaller_and_not_too_small(size: tuple[int, int]) -> None:
    assert smaller_size(size) == {480: 360, 128: 96, 90: None}[min(size)]


def test_what_is_short_of_memory() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(np.exceptions.AxisError("x")) is False
    assert is_out_of_memory(
        RuntimeError("[enforce fail at alloc_cpu.cpp] . DefaultCPUAllocator: can't allocate memory")
    )
