"""Films through BiSTNet: one, two and many exemplars, and what is held back meanwhile."""

import gc
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from kinemacolor.errors import ExemplarError
from kinemacolor.models.base import Colorizer, Reference
from kinemacolor.models.bistnet import BiSTNetColorizer, BiSTNetSettings
from kinemacolor.models.bistnet.colorizer import network_size
from kinemacolor.models.bistnet.gated_propagation import Warped
from kinemacolor.models.deep_exemplar.smoothing import Smoothing

Shot = tuple[Tensor, Tensor]


def with_settings(model: BiSTNetColorizer, **settings: object) -> BiSTNetColorizer:
    changed = replace(model.settings, **settings)  # type: ignore[arg-type]
    return BiSTNetColorizer(model.network, model.experts, model.flow, settings=changed)


def colored(model: BiSTNetColorizer, lumas: Tensor, references: list[Reference]) -> Tensor:
    return torch.stack([answer.chroma for answer in model.colorize(list(lumas), references)])


def planes_of(model: BiSTNetColorizer, lumas: Tensor, references: list[Reference]) -> Tensor:
    """What the U-nets are given for each frame; an untrained network's answer makes much of rounding."""
    planes: list[Tensor] = []
    handle = model.network.msrb.register_forward_pre_hook(lambda _, inputs: planes.append(inputs[0][0].clone()))
    colored(model, lumas, references)
    handle.remove()
    return torch.stack(planes)


@pytest.fixture(params=["paper", "release"])
def model(request: pytest.FixtureRequest) -> BiSTNetColorizer:
    chosen: BiSTNetColorizer = request.getfixturevalue(request.param)
    return chosen


def test_the_engine_can_use_it(model: BiSTNetColorizer) -> None:
    assert isinstance(model, Colorizer)


@pytest.mark.parametrize(
    "indices",
    [[None], [0], [3], [7], [0, 7], [7, 0], [2, 5], [None, None], [None, None, None], [0, 3, 3, 7], [None, 4]],
)
def test_every_frame_gets_colors_of_its_size_in_order(
    model: BiSTNetColorizer, shot: Shot, indices: list[int | None]
) -> None:
    lumas, chromas = shot
    references = [Reference(lumas[i or 0], chromas[i or 0], i) for i in indices]
    answers = colored(model, lumas, references)
    assert answers.shape == (8, 2, 64, 80)
    assert answers.isfinite().all()
    for index in indices:
        if index is not None:
            assert torch.allclose(answers[index], chromas[index], atol=1e-3)


def test_exemplars_of_no_frame_stand_at_both_ends_as_in_the_paper(
    model: BiSTNetColorizer, shot: Shot, ends: list[Reference]
) -> None:
    lumas, _ = shot
    model = with_settings(model, keep_exemplars=False)
    unbound = [replace(each, index=None) for each in ends]
    assert torch.equal(colored(model, lumas, ends), colored(model, lumas, unbound))


def test_one_exemplar_is_that_exemplar_at_both_ends(
    model: BiSTNetColorizer, shot: Shot, ends: list[Reference]
) -> None:
    """The paper's single-reference variant."""
    lumas, _ = shot
    model = with_settings(model, keep_exemplars=False)
    one = planes_of(model, lumas, [ends[0]])
    twice = planes_of(model, lumas, [ends[0], replace(ends[0], index=7)])
    assert one.shape[0] == 8
    assert torch.allclose(one, twice, atol=1e-3)


def test_a_frame_between_two_exemplars_depends_on_both(
    model: BiSTNetColorizer, shot: Shot, ends: list[Reference]
) -> None:
    lumas, _ = shot
    before = colored(model, lumas, ends)[4]
    for changed in (0, 1):
        other = [replace(e, chroma=-e.chroma) if n == changed else e for n, e in enumerate(ends)]
        assert (colored(model, lumas, other)[4] - before).abs().max() > 1e-3


def test_frames_take_the_exemplars_next_to_them(paper: BiSTNetColorizer, shot: Shot) -> None:
    lumas, chromas = shot
    known = [Reference(lumas[i], chromas[i], i) for i in (0, 3, 7)]
    before = colored(paper, lumas, known)
    after = colored(paper, lumas, [*known[:2], replace(known[2], chroma=-chromas[7])])
    assert torch.equal(before[:4], after[:4])
    assert not torch.equal(before[5], after[5])


def test_the_exemplar_nearer_in_time_counts_more(paper: BiSTNetColorizer, shot: Shot) -> None:
    """Eq. 3 as its text has it: with alike frames and two colors, p_t goes evenly from the first to the second."""
    lumas, _ = shot
    still = lumas[:1].expand(5, -1, -1, -1)
    red, green = torch.zeros(2, 64, 80), torch.zeros(2, 64, 80)
    red[0], green[0] = 60.0, -40.0
    references = [Reference(still[0], red, 0), Reference(still[0], green, 4)]
    seen = planes_of(with_settings(paper, keep_exemplars=False), still, references)[:, 1]
    assert seen.mean((1, 2)).tolist() == pytest.approx([60, 35, 10, -15, -40], abs=0.01)


def test_the_paper_s_network_holds_back_one_frame_alone(
    paper: BiSTNetColorizer, shot: Shot, ends: list[Reference]
) -> None:
    lumas, _ = shot
    read = 0

    def counted() -> Iterator[Tensor]:
        nonlocal read
        for luma in lumas:
            read += 1
            yield luma

    for answered, _ in enumerate(paper.colorize(counted(), ends), 1):
        assert read <= answered + 1


def test_gates_hold_back_what_the_settings_say_and_no_more(
    release: BiSTNetColorizer, shot: Shot, ends: list[Reference]
) -> None:
    model = with_settings(release, emitted_frames=3, ahead_frames=2)
    lumas, _ = shot
    film = [lumas[n % 8] for n in range(25)]
    references = [ends[0], replace(ends[1], index=24)]
    read, most = 0, 0

    def counted() -> Iterator[Tensor]:
        nonlocal read
        for luma in film:
            read += 1
            yield luma

    answers = 0
    for _ in model.colorize(counted(), references):
        most = max(most, read - answers)
        answers += 1
    assert answers == 25
    assert most == 3 + 2


def test_frames_that_were_answered_are_let_go(release: BiSTNetColorizer, shot: Shot, ends: list[Reference]) -> None:
    """A long film takes no more than what is held back, at whatever frame it is."""
    model = with_settings(release, emitted_frames=3, ahead_frames=2)
    lumas, _ = shot
    film = (lumas[n % 8] for n in range(40))
    gc.collect()
    before = sum(type(each) is Warped for each in gc.get_objects())
    alive = []
    for number, _ in enumerate(model.colorize(film, [ends[0], replace(ends[1], index=39)])):
        if number % 13 == 12:
            alive.append(sum(type(each) is Warped for each in gc.get_objects()))
    assert len(alive) == 3
    assert max(alive) - before <= 3 + 2 + 1


def test_a_stretch_seen_whole_does_not_depend_on_how_much_is_held_back(
    release: BiSTNetColorizer, shot: Shot, ends: list[Reference]
) -> None:
    lumas, _ = shot
    whole = colored(with_settings(release, emitted_frames=60, ahead_frames=30), lumas, ends)
    assert torch.equal(whole, colored(with_settings(release, emitted_frames=4, ahead_frames=5), lumas, ends))


def test_saturation_multiplies_the_network_s_colors(paper: BiSTNetColorizer, shot: Shot) -> None:
    lumas, chromas = shot
    references = [Reference(lumas[0], chromas[0], None)]
    plain = colored(with_settings(paper, saturation=1.0), lumas[:2], references)
    more = colored(with_settings(paper, saturation=1.25), lumas[:2], references)
    assert torch.allclose(more, 1.25 * plain, atol=1e-4)


def test_only_the_opaque_part_of_an_exemplar_counts_case_28(paper: BiSTNetColorizer, shot: Shot) -> None:
    lumas, _ = shot
    chroma, alpha = torch.full((2, 64, 80), -50.0), torch.zeros(1, 64, 80)
    chroma[:, :, :40], alpha[:, :, :40] = 50.0, 1.0
    assert planes_of(paper, lumas[:1], [Reference(lumas[0], chroma, None, alpha)])[0, 1:3].min() > 0
    with pytest.raises(ExemplarError, match="transparent"):
        colored(paper, lumas[:1], [Reference(lumas[0], chroma, None, torch.zeros_like(alpha))])


def test_a_shot_without_exemplar_is_refused(paper: BiSTNetColorizer, shot: Shot) -> None:
    with pytest.raises(ExemplarError, match="first and last frame"):
        next(paper.colorize(list(shot[0]), []))


@pytest.mark.parametrize(
    ("size", "expected"),
    [((480, 960), (224, 448)), ((480, 854), (224, 416)), ((96, 1920), (160, 640)), ((50, 20), (512, 192))],
)
def test_the_network_sees_about_as_many_pixels_as_in_the_release(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert network_size(size) == expected


def test_two_films_share_one_model(model: BiSTNetColorizer, shot: Shot, ends: list[Reference]) -> None:
    lumas, _ = shot
    alone = colored(model, lumas, ends)
    both = zip(model.colorize(list(lumas), ends), model.colorize(list(lumas.flip(0)), ends))
    assert torch.equal(alone, torch.stack([one.chroma for one, _ in both]))


def test_smoothing_follows_the_frame_s_own_luma(paper: BiSTNetColorizer, shot: Shot) -> None:
    lumas, chromas = shot
    luma = torch.full((1, 64, 80), 30.0)
    luma[:, :, 40:] = 80.0
    references = [Reference(lumas[0], chromas[0], None)]
    (rough,) = colored(paper, luma[None], references)
    (smooth,) = colored(with_settings(paper, smoothing=Smoothing()), luma[None], references)
    for half in (slice(2, 38), slice(42, 78)):
        assert smooth[:, :, half].diff(dim=2).abs().mean() < 0.2 * rough[:, :, half].diff(dim=2).abs().mean()
    assert torch.allclose(smooth.mean((1, 2)), rough.mean((1, 2)), atol=1.0)


def test_what_is_done_to_the_network_s_colors_is_the_release_s_or_the_paper_s() -> None:
    release, paper = BiSTNetSettings.release(), BiSTNetSettings.paper()
    assert (release.saturation, release.smoothing, release.size) == (1.25, Smoothing(500.0, 4.0), (224, 448))
    assert (paper.saturation, paper.smoothing) == (1.0, None)
