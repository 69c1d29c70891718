"""The levers with tiny seeded weights: the replay is the model, each lever does its part, and all go together."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

import levers
from kinemacolor import color
from kinemacolor.models.base import Reference
from kinemacolor.models.color_prior import ColorPrior, ColorPriorConfig
from kinemacolor.models.colormnet_lite import ColorMNetLite, ColorMNetLiteColorizer, ColorMNetLiteConfig
from lever_replay import Levers, Recorder, Replay, Shot

FRAMES = 12


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def networks() -> tuple[ColorMNetLite, ColorPrior]:
    torch.manual_seed(0)
    network, prior = ColorMNetLite(ColorMNetLiteConfig.tiny()).eval(), ColorPrior(ColorPriorConfig.tiny()).eval()
    torch.nn.init.normal_(network.prior.last.weight, std=0.1)
    torch.nn.init.normal_(prior.head.weight, std=0.1)
    return network, prior


@pytest.fixture(scope="module")
def labs() -> list[Tensor]:
    """A texture in color that moves, 64 x 96."""
    coarse = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(3))
    canvas = torch.nn.functional.interpolate(coarse, (96, 144), mode="bicubic")[0]
    pictures = (canvas[:, t : t + 64, 2 * t : 2 * t + 96] for t in range(FRAMES))
    return [color.lab_of(color.to_8_bits(picture)) for picture in pictures]


@pytest.fixture(scope="module")
def shot(labs: list[Tensor]) -> Shot:
    network, prior = networks()
    return Shot.colored(Recorder(network, color_prior=prior), labs)


def test_what_is_recorded_is_what_the_model_itself_answers(shot: Shot, labs: list[Tensor]) -> None:
    network, prior = networks()
    model = ColorMNetLiteColorizer(network, color_prior=prior)
    state = model.start([Reference(labs[0][:1], labs[0][1:], index=0)])
    answers = model.go_on([lab[:1] for lab in labs], state)
    assert all(torch.equal(answer.chroma, kept) for answer, kept in zip(answers, shot.answers, strict=True))


def test_without_a_lever_the_replay_is_the_model_to_the_bit(shot: Shot) -> None:
    assert any(found and found.priors and found.priors.mixture for _, found in shot.kept)
    assert shot.difference(Replay(shot, Levers()).chromas()) == 0


def test_a_replay_that_is_not_the_model_ends_the_benchmark(
    labs: list[Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, prior = networks()
    monkeypatch.setitem(levers.ROWS, "default", Levers(palette=True))
    with pytest.raises(SystemExit, match="The replay is not the model"):
        next(levers.measured(Recorder(network, color_prior=prior), labs, ["default"]))


@pytest.mark.parametrize(
    ("lever", "from_frame", "to_frame"),
    [
        (Levers(memory=True), 9, FRAMES),
        (Levers(adapted=True), 1, FRAMES),
        (Levers(back=True), 1, FRAMES - 1),
        (Levers(palette=True), 1, FRAMES),
        (levers.ROWS["all"], 1, FRAMES),
    ],
)
def test_a_lever_changes_the_frames_that_it_can_reach(
    shot: Shot, lever: Levers, from_frame: int, to_frame: int
) -> None:
    chromas = Replay(shot, lever).chromas()
    changed = [not torch.equal(one, other) for one, other in zip(chromas, shot.answers, strict=True)]
    assert changed == [from_frame <= number < to_frame for number in range(FRAMES)]
    assert all(bool(chroma.isfinite().all()) for chroma in chromas)


def test_every_column_has_a_figure(shot: Shot, labs: list[Tensor]) -> None:
    figures = levers.scored(labs, shot.answers)
    assert set(levers.COLUMNS) - set(figures) == {"seconds"}
    best = levers.scored(labs, [lab[1:] for lab in labs])
    assert best["psnr"] > figures["psnr"]
    assert best["ciede2000"] < figures["ciede2000"]


def test_the_default_comes_first_and_the_truth_last(labs: list[Tensor]) -> None:
    network, prior = networks()
    found = dict(levers.measured(Recorder(network, color_prior=prior), labs, ["C", "default"]))
    assert list(found) == ["default", "C", "truth"]
    assert set(levers.COLUMNS) <= set(found["C"])
    assert found["truth"]["rms_out"] < 0.5  # what 8 bits leave
