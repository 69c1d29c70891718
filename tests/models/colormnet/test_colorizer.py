"""Shots through ColorMNet: exemplar modes, the schedule, and states that belong to their caller."""

import copy

import pytest
import torch
from torch import Tensor

from kinemacolor.errors import ExemplarError
from kinemacolor.models.base import Colorizer, Reference
from kinemacolor.models.colormnet import ColorMNet, ColorMNetColorizer, MemoryPolicy

Shot = tuple[Tensor, Tensor]
FRAME_TOKENS = 3 * 4  # 40 x 56 padded to 48 x 64, at stride 16


def test_it_is_a_colorizer(colorizer: ColorMNetColorizer) -> None:
    assert isinstance(colorizer, Colorizer)


def test_the_first_frame_takes_its_exemplars_chroma(
    colorizer: ColorMNetColorizer, shot: Shot, first_frame: Reference
) -> None:
    colored = [answer.chroma for answer in colorizer.colorize(shot[0], [first_frame])]
    assert torch.equal(colored[0], first_frame.chroma)
    assert len(colored) == 20
    for chroma in colored[1:]:
        assert chroma.shape == (2, 40, 56)
        assert chroma.dtype == torch.float32
        assert chroma.abs().max() <= 110


def test_the_exemplars_color_matters(colorizer: ColorMNetColorizer, shot: Shot, first_frame: Reference) -> None:
    other = Reference(first_frame.luma, -first_frame.chroma, index=0)
    ours, theirs = (
        [answer.chroma for answer in colorizer.colorize(shot[0][:3], [reference])]
        for reference in (first_frame, other)
    )
    assert not torch.allclose(ours[2], theirs[2], atol=1e-2)


def test_memory_follows_the_schedule(colorizer: ColorMNetColorizer, shot: Shot, first_frame: Reference) -> None:
    state, sizes = colorizer.start([first_frame]), []
    for i, luma in enumerate(shot[0][:8]):
        colorizer.step(luma, state, last=i == 7)
        sizes.append(state.memory.sizes)
    # written at 0, 2, 4, 6; the fourth makes four prototypes of all but the exemplar and the last
    assert sizes == [
        (n * FRAME_TOKENS, m) for n, m in ((1, 0), (1, 0), (2, 0), (2, 0), (3, 0), (3, 0), (2, 4), (2, 4))
    ]


def test_the_last_frame_is_not_written(colorizer: ColorMNetColorizer, shot: Shot, first_frame: Reference) -> None:
    outputs = []
    for last in (False, True):
        state = colorizer.start([first_frame])
        for luma in shot[0][:2]:
            colorizer.step(luma, state)
        outputs.append(colorizer.step(shot[0][2], state, last=last).chroma)
        assert state.memory.sizes[0] == (1 if last else 2) * FRAME_TOKENS
    assert torch.equal(*outputs)


def test_any_picture_serves_as_exemplar_at_its_own_size(colorizer: ColorMNetColorizer, shot: Shot) -> None:
    luma, chroma = shot
    foreign = Reference(luma[5, :, :20, :50], chroma[5, :, :20, :50])
    state = colorizer.start([foreign])
    assert state.memory.sizes == (2 * 4, 0)
    first = colorizer.step(luma[0], state).chroma
    assert first.shape == (2, 40, 56)
    assert state.memory.sizes == (2 * 4 + FRAME_TOKENS, 0)
    assert torch.isfinite(torch.stack([colorizer.step(frame, state).chroma for frame in luma[1:]])).all()


def test_a_first_frame_exemplar_of_another_size_is_any_picture(
    colorizer: ColorMNetColorizer, shot: Shot, first_frame: Reference
) -> None:
    larger = Reference(torch.rand(1, 80, 112) * 100, torch.randn(2, 80, 112), index=0)
    as_any = Reference(larger.luma, larger.chroma)
    ours, theirs = (
        [answer.chroma for answer in colorizer.colorize(shot[0][:4], [reference])] for reference in (larger, as_any)
    )
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs))


def test_case_07_one_frame_in_both_modes(colorizer: ColorMNetColorizer, shot: Shot, first_frame: Reference) -> None:
    luma, _ = shot
    foreign = Reference(luma[3], first_frame.chroma)
    for reference in (first_frame, foreign):
        state = colorizer.start([reference])
        assert torch.isfinite(colorizer.step(luma[0], state, last=True).chroma).all()


def test_an_exemplar_inside_the_shot_is_known_before_and_taken_there(
    colorizer: ColorMNetColorizer, shot: Shot, first_frame: Reference
) -> None:
    luma, chroma = shot
    inside = Reference(luma[3], chroma[3], index=3)
    state = colorizer.start([first_frame, inside])
    assert len(state.memory.permanent) == FRAME_TOKENS
    colored = [colorizer.step(frame, state).chroma for frame in luma[:8]]
    assert torch.equal(colored[0], chroma[0])
    assert torch.equal(colored[3], chroma[3])
    assert len(state.memory.permanent) == 2 * FRAME_TOKENS
    # written at 0, 2, 3 (the exemplar), 5, 7
    assert state.written == 7


def test_an_exemplar_late_in_the_shot_serves_from_its_start(colorizer: ColorMNetColorizer, shot: Shot) -> None:
    luma, chroma = shot
    colored = [answer.chroma for answer in colorizer.colorize(luma[:6], [Reference(luma[4], chroma[4], index=4)])]
    assert torch.isfinite(torch.stack(colored)).all()
    assert torch.equal(colored[4], chroma[4])


def test_transparent_parts_of_an_exemplar_do_not_answer(colorizer: ColorMNetColorizer, shot: Shot) -> None:
    luma, chroma = shot
    alpha = torch.zeros(1, 40, 56)
    alpha[:, :20] = 1
    state = colorizer.start([Reference(luma[0], chroma[0], 0, alpha)])
    assert 0 < len(state.memory.permanent) < FRAME_TOKENS
    assert torch.isfinite(colorizer.step(luma[0], state).chroma).all()
    with pytest.raises(ExemplarError, match="transparent"):
        colorizer.start([Reference(luma[0], chroma[0], 0, torch.zeros(1, 40, 56))])


def test_no_exemplar_is_refused(colorizer: ColorMNetColorizer) -> None:
    with pytest.raises(ExemplarError, match="no exemplar for this shot"):
        colorizer.start([])


def test_two_streams_share_one_model(colorizer: ColorMNetColorizer, shot: Shot, first_frame: Reference) -> None:
    luma, chroma = shot
    reverse = Reference(luma[-1], chroma[-1], index=0)
    alone = [
        [answer.chroma for answer in colorizer.colorize(frames, [ref])]
        for frames, ref in ((luma, first_frame), (luma.flip(0), reverse))
    ]
    states = colorizer.start([first_frame]), colorizer.start([reverse])
    for i in range(len(luma)):
        assert torch.equal(colorizer.step(luma[i], states[0]).chroma, alone[0][i])
        assert torch.equal(colorizer.step(luma[-1 - i], states[1]).chroma, alone[1][i])


def test_a_copied_state_continues_alike(colorizer: ColorMNetColorizer, shot: Shot, first_frame: Reference) -> None:
    luma, _ = shot
    state = colorizer.start([first_frame])
    for frame in luma[:9]:
        colorizer.step(frame, state)
    twin = copy.deepcopy(state)
    ours = [colorizer.step(frame, state).chroma for frame in luma[9:]]
    assert all(torch.equal(colorizer.step(frame, twin).chroma, chroma) for frame, chroma in zip(luma[9:], ours))


def test_a_step_leaves_the_parameters_alone(
    colorizer: ColorMNetColorizer, shot: Shot, first_frame: Reference
) -> None:
    before = {name: value.clone() for name, value in colorizer.network.state_dict().items()}
    list(colorizer.colorize(shot[0][:4], [first_frame]))
    assert all(torch.equal(value, before[name]) for name, value in colorizer.network.state_dict().items())


@pytest.mark.parametrize("size", [(1, 1), (17, 13), (16, 16), (33, 70)])
def test_case_08_any_size(colorizer: ColorMNetColorizer, size: tuple[int, int]) -> None:
    lumas = 100 * torch.rand(4, 1, *size)
    colored = [answer.chroma for answer in colorizer.colorize(lumas, [Reference(lumas[0], torch.zeros(2, *size), 0)])]
    assert all(chroma.shape == (2, *size) for chroma in colored)


@pytest.mark.parametrize("level", [0.0, 50.0, 100.0])
def test_case_18_constant_frames_give_no_nan(colorizer: ColorMNetColorizer, level: float) -> None:
    lumas = torch.full((8, 1, 40, 56), level)
    colored = torch.stack(
        [answer.chroma for answer in colorizer.colorize(lumas, [Reference(lumas[0], torch.zeros(2, 40, 56), 0)])]
    )
    assert torch.isfinite(colored).all()
    assert colored.abs().max() <= 110


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_near(
    network: ColorMNet, shot: Shot, first_frame: Reference, dtype: torch.dtype, colorizer: ColorMNetColorizer
) -> None:
    half = ColorMNetColorizer(network, policy=colorizer.policy, dtype=dtype)
    ours = torch.stack([answer.chroma for answer in half.colorize(shot[0], [first_frame])])
    full = torch.stack([answer.chroma for answer in colorizer.colorize(shot[0], [first_frame])])
    assert ours.dtype == torch.float32
    assert (ours - full).abs().mean() < 1


def test_memory_without_long_term(network: ColorMNet, shot: Shot, first_frame: Reference) -> None:
    colorizer = ColorMNetColorizer(network, policy=MemoryPolicy(write_every_frames=1, long_term=False))
    state = colorizer.start([first_frame])
    for frame in shot[0]:
        colorizer.step(frame, state)
    assert state.memory.sizes == (20 * FRAME_TOKENS, 0)
