"""Tests of the whole model on synthesized shots, with features that need no weights."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
import torch
from jaxtyping import Float
from plain import dense_mask, restricted_warp
from torch import Tensor

from kinemacolor.errors import ExemplarError
from kinemacolor.frames import Chroma, Instance, Luma, ObjectsFrom
from kinemacolor.models.base import Colorizer, Reference
from kinemacolor.models.spatiotemporal import SpatiotemporalColorizer, SpatiotemporalSettings, TrackingPolicy
from kinemacolor.models.spatiotemporal.colorizer import working_size
from kinemacolor.models.spatiotemporal.refinement import Colored

HEIGHT, WIDTH = 48, 64
GRID = (12, 16)


class Blocks:
    """The 16 values of each 4 by 4 block: plain, exact, and different from place to place in a random texture."""

    multiple = (4, 4)

    def __call__(self, luma: Luma) -> Float[Tensor, "c h4 w4"]:
        return torch.nn.functional.pixel_unshuffle(luma, 4)


class Halves:
    """A segmenter: object 1 is the left half, object 2 the right, of whatever frame."""

    def instances(self, index: int) -> Sequence[Instance]:
        left = torch.zeros(HEIGHT, WIDTH, dtype=torch.bool)
        left[:, : WIDTH // 2] = True
        return [Instance(left, track=1), Instance(~left, track=2)]


class Smoother:
    """A refinement that keeps half of the frame before, and remembers what it was given."""

    def __init__(self) -> None:
        self.seen: list[tuple[Luma, Chroma, Tensor, Colored | None]] = []

    def __call__(
        self, luma: Luma, warped: Chroma, confidence: Float[Tensor, "1 h w"], before: Colored | None
    ) -> Chroma:
        self.seen.append((luma, warped, confidence, before))
        return warped if before is None else (warped + before.chroma) / 2


def pan(frames: int, seed: int = 0) -> list[Tensor]:
    """L*a*b* of a random texture that moves by one block of 4 px a frame; color is a function of place."""
    generator = torch.Generator().manual_seed(seed)
    wide = WIDTH + 4 * frames
    luma = 100 * torch.rand(1, HEIGHT, wide, generator=generator)
    chroma = 80 * (torch.rand(2, HEIGHT // 4, wide // 4, generator=generator) - 0.5)
    world = torch.cat((luma, chroma.repeat_interleave(4, 1).repeat_interleave(4, 2)))
    return [world[:, :, 4 * i : 4 * i + WIDTH] for i in range(frames)]


def reference(film: list[Tensor], index: int, *, bound: bool = True, alpha: Tensor | None = None) -> Reference:
    return Reference(film[index][:1], film[index][1:], index if bound else None, alpha)


def lumas(film: list[Tensor]) -> Iterator[Luma]:
    return (frame[:1] for frame in film)


def colorizer(**changes: object) -> SpatiotemporalColorizer:
    return SpatiotemporalColorizer(Blocks(), settings=replace(SpatiotemporalSettings(), **changes))


def on_grid(chroma: Chroma) -> Tensor:
    """The chroma at the middle of each grid position; positions as rows."""
    return torch.nn.functional.avg_pool2d(chroma[None], 4)[0].flatten(1).T


def at_full_size(rows: Tensor) -> Chroma:
    """Colors on the grid as the model gives them where nothing refines them."""
    planes = rows.float().T.reshape(1, 2, *GRID)
    return torch.nn.functional.interpolate(planes, (HEIGHT, WIDTH), mode="bilinear", antialias=True)[0]


def test_it_is_a_colorizer() -> None:
    assert isinstance(colorizer(), Colorizer)


@pytest.mark.parametrize("index", [0, 3, 6])
def test_colors_follow_a_pan_from_a_reference_anywhere(index: int) -> None:
    film = pan(7)
    answers = [answer.chroma for answer in colorizer().colorize(lumas(film), [reference(film, index)])]
    for number, (frame, answer) in enumerate(zip(film, answers, strict=True)):
        assert answer.shape == (2, HEIGHT, WIDTH)
        moved = 4 * abs(number - index)
        # what the reference shows too, less half a block that is mixed with what it does not show
        shown = slice(0, WIDTH - moved - 2) if number >= index else slice(moved + 2, WIDTH)
        truth = frame[1:] if number == index else at_full_size(on_grid(frame[1:]))
        torch.testing.assert_close(answer[..., shown], truth[..., shown], atol=0.05, rtol=0)


def test_the_answer_is_the_plain_warp_with_the_plain_mask() -> None:
    film = pan(4)
    model = colorizer(temperature=0.05, tracking=TrackingPolicy(radius_cells=2, temperature=0.05))
    state = model.start([reference(film, 0), reference(film, 3)])
    answers = [answer.chroma for answer in model.run(lumas(film), state)]
    phi = [model._phi(frame[:1]) for frame in film]
    masks = [dense_mask(phi[2::-1], GRID, 2, 0.05, 0.2), dense_mask(phi[2:], GRID, 2, 0.05, 0.2)]
    chroma = [on_grid(film[i][1:]) for i in (0, 3)]
    warped, _, empty = restricted_warp(phi[2], [phi[0], phi[3]], chroma, masks, 0.05)
    torch.testing.assert_close(answers[2], at_full_size(warped), atol=1e-3, rtol=1e-4)
    assert state.positions == 2 * 192
    assert state.unrestricted_positions >= int(empty.sum())


def test_positions_without_candidates_are_counted() -> None:
    film = [torch.full((3, HEIGHT, WIDTH), 30.0)] * 3
    model = colorizer()
    state = model.start([reference(film, 0)])
    answers = [answer.chroma for answer in model.run(lumas(film), state)]
    assert (state.positions, state.unrestricted_positions) == (2 * 192, 2 * 192)
    torch.testing.assert_close(answers[2], film[0][1:])


def test_the_frame_of_an_exemplar_gets_its_own_chroma() -> None:
    film = pan(4)
    for tracked in (True, False):
        model = colorizer(dense=tracked)
        answers = [answer.chroma for answer in model.colorize(lumas(film), [reference(film, 2), reference(film, 0)])]
        assert torch.equal(answers[0], film[0][1:])
        assert torch.equal(answers[2], film[2][1:])


def test_tracking_keeps_apart_what_looks_alike() -> None:
    """Twice the same texture side by side in two colors: only where it is tells which is which."""
    texture = 100 * torch.rand(1, HEIGHT, WIDTH // 2, generator=torch.Generator().manual_seed(1))
    luma = torch.cat((texture, texture), dim=2)
    chroma = torch.zeros(2, HEIGHT, WIDTH)
    chroma[0, :, : WIDTH // 2], chroma[0, :, WIDTH // 2 :] = 50.0, -50.0
    film = [torch.cat((luma, chroma))] * 3
    near = TrackingPolicy(radius_cells=3)
    tracked = [answer.chroma for answer in colorizer(tracking=near).colorize(lumas(film), [reference(film, 0)])][2]
    free = [answer.chroma for answer in colorizer(dense=False).colorize(lumas(film), [reference(film, 0)])][2]
    by_object = SpatiotemporalColorizer(Blocks(), settings=SpatiotemporalSettings(dense=False))
    objects = [answer.chroma for answer in by_object.colorize(lumas(film), [reference(film, 0)], Halves())][2]
    for answer in (tracked, objects):
        torch.testing.assert_close(on_grid(answer)[:6], on_grid(chroma)[:6], atol=1, rtol=0)
    assert float(free.abs().max()) < 1


def test_instances_and_dense_tracking_work_together() -> None:
    film = pan(4)
    both = SpatiotemporalColorizer(Blocks(), settings=SpatiotemporalSettings())
    answers = [answer.chroma for answer in both.colorize(lumas(film), [reference(film, 0)], Halves())]
    wrong = (answers[1] - at_full_size(on_grid(film[1][1:]))).abs()
    # one step of the pan carries one column of blocks, the eighth, over the middle: there object and tracks disagree
    assert float(wrong[..., :26].max()) < 0.05
    assert float(wrong[..., 34:58].max()) < 0.05
    assert float(wrong[..., 29:31].mean()) > 10


def test_masks_are_asked_for_by_the_film_s_frame_numbers() -> None:
    asked = []

    class Watching(Halves):
        def instances(self, index: int) -> Sequence[Instance]:
            asked.append(index)
            return super().instances(index)

    film = pan(3)
    list(colorizer().colorize(lumas(film), [reference(film, 0)], ObjectsFrom(Watching(), 40)))
    assert asked == [40, 41, 42]


def test_frames_are_held_back_only_until_the_reference_has_been_read() -> None:
    film, read = pan(9), []

    def reading() -> Iterator[Luma]:
        for number, frame in enumerate(film):
            read.append(number)
            yield frame[:1]

    seen = []
    for _ in colorizer().colorize(reading(), [reference(film, 4)]):
        seen.append(len(read))
    assert seen == [5, 5, 5, 5, 5, 6, 7, 8, 9]


def test_no_more_frames_are_held_back_than_tracks_reach() -> None:
    film, read = pan(12), []

    def reading() -> Iterator[Luma]:
        for number, frame in enumerate(film):
            read.append(number)
            yield frame[:1]

    seen = []
    model = colorizer(tracking=TrackingPolicy(reach_frames=3))
    for _ in model.colorize(reading(), [reference(film, 0), reference(film, 9)]):
        seen.append(len(read))
    assert seen == [1, 2, 3, 4, 5, 6, 10, 10, 10, 10, 11, 12]


def test_without_read_ahead_step_gives_the_same_for_references_before() -> None:
    film = pan(5)
    model = colorizer()
    ahead = [answer.chroma for answer in model.colorize(lumas(film), [reference(film, 0)])]
    state = model.start([reference(film, 0)])
    for luma, answer in zip(lumas(film), ahead):
        assert torch.equal(model.step(luma, state).chroma, answer)


def test_a_still_that_is_no_frame_is_not_restricted() -> None:
    film = pan(3)
    model = colorizer()
    state = model.start([reference(film, 0, bound=False)])
    list(model.run(lumas(film), state))
    assert state.unrestricted_positions == 0
    assert len(state.trail) == 0


def test_case_30_the_order_of_exemplars_does_not_change_the_result() -> None:
    film = pan(6)
    given = [reference(film, 0), reference(film, 5), reference(film, 2, bound=False)]
    one, other = (
        [answer.chroma for answer in colorizer().colorize(lumas(film), refs)] for refs in (given, given[::-1])
    )
    for a, b in zip(one, other):
        torch.testing.assert_close(a, b, atol=1e-3, rtol=1e-4)


def test_case_28_what_alpha_hides_has_no_influence() -> None:
    film = pan(3)
    alpha = torch.ones(1, HEIGHT, WIDTH)
    alpha[:, :, 24:] = 0
    spoilt = [frame.clone() for frame in film]
    spoilt[0][1:, :, 24:] = 100.0
    answers = [
        [answer.chroma for answer in colorizer().colorize(lumas(film), [reference(pictures, 0, alpha=alpha)])]
        for pictures in (film, spoilt)
    ]
    for one, other in zip(*answers):
        assert torch.equal(one, other)


def test_exemplars_that_cannot_serve_are_refused() -> None:
    film = pan(1)
    with pytest.raises(ExemplarError, match="no exemplar"):
        colorizer().start([])
    with pytest.raises(ExemplarError, match="transparent"):
        colorizer().start([reference(film, 0, alpha=torch.zeros(1, HEIGHT, WIDTH))])


def test_two_streams_share_one_model() -> None:
    one, two = pan(4, seed=1), pan(4, seed=2)
    model = colorizer()
    alone = [[answer.chroma for answer in model.colorize(lumas(film), [reference(film, 0)])] for film in (one, two)]
    streams = [model.colorize(lumas(film), [reference(film, 0)]) for film in (one, two)]
    together = list(zip(*streams))
    for number, pair in enumerate(together):
        assert all(torch.equal(answer.chroma, alone[i][number]) for i, answer in enumerate(pair))


def test_a_copied_state_goes_on_as_the_first() -> None:
    film = pan(5)
    model = colorizer()
    state = model.start([reference(film, 0)])
    for luma in list(lumas(film))[:3]:
        model.step(luma, state)
    copied = copy.deepcopy(state)
    for frame in film[3:]:
        assert torch.equal(model.step(frame[:1], state).chroma, model.step(frame[:1], copied).chroma)


def test_refinement_sees_the_warp_its_confidence_and_the_frame_before() -> None:
    film, smoother = pan(4), Smoother()
    model = SpatiotemporalColorizer(Blocks(), refinement=smoother, settings=SpatiotemporalSettings())
    answers = [answer.chroma for answer in model.colorize(lumas(film), [reference(film, 0)])]
    assert len(smoother.seen) == 3  # the exemplar's own frame is given
    luma, warped, confidence, before = smoother.seen[0]
    assert torch.equal(luma, film[1][:1])
    assert before is not None
    assert torch.equal(before.chroma, film[0][1:])
    assert confidence.shape == (1, HEIGHT, WIDTH)
    assert float(confidence[:, :, : WIDTH - 4].min()) > 0.99  # the texture is found again exactly
    blocks = warped[:, ::4, ::4].repeat_interleave(4, 1).repeat_interleave(4, 2)
    assert torch.equal(warped, blocks)  # nearest, as the network was trained with
    assert torch.equal(answers[1], (warped + before.chroma) / 2)
    again = smoother.seen[1][3]
    assert again is not None
    assert torch.equal(again.chroma, answers[1])


def test_the_first_frame_has_nothing_before_it() -> None:
    film, smoother = pan(2), Smoother()
    model = SpatiotemporalColorizer(Blocks(), refinement=smoother, settings=SpatiotemporalSettings())
    list(model.colorize(lumas(film), [reference(film, 1)]))
    assert smoother.seen[0][3] is None


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((480, 854), (216, 384)),
        ((216, 384), (216, 384)),
        ((854, 480), (384, 216)),
        ((17, 13), (16, 16)),
        ((1, 1), (8, 8)),
    ],
)
def test_case_08_any_size_has_a_working_size(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert working_size(size, 216, (8, 8)) == expected


@pytest.mark.parametrize("size", [(1, 1), (17, 13), (32, 500)])
def test_case_08_answers_have_the_luma_s_size(size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    film = [torch.rand(3, *size, generator=generator) * 50 for _ in range(3)]
    for answer in colorizer().colorize(lumas(film), [reference(film, 1), reference(film, 0, bound=False)]):
        assert answer.chroma.shape == (2, *size)
        assert torch.isfinite(answer.chroma).all()


def test_case_24_an_exemplar_of_another_shape_serves_untracked() -> None:
    film = pan(3)
    other = Reference(film[0][:1, :, :40], film[0][1:, :, :40], 0)
    for answer in colorizer().colorize(lumas(film), [other]):
        assert torch.isfinite(answer.chroma).all()


@pytest.mark.parametrize("level", [0.0, 50.0, 100.0])
def test_case_18_constant_frames_take_bounded_colors(level: float) -> None:
    film = pan(2)
    flat = torch.full((1, HEIGHT, WIDTH), level)
    answers = [answer.chroma for answer in colorizer().colorize([film[0][:1], flat, flat], [reference(film, 0)])]
    assert float(answers[2].abs().max()) <= float(film[0][1:].abs().max())


def test_case_41_what_a_long_shot_leaves_behind_does_not_grow() -> None:
    film = pan(2)
    model = colorizer(tracking=TrackingPolicy(reach_frames=6, radius_cells=2))
    state = model.start([reference(film, 0), reference(film, 1)])
    held = []
    for number in range(40):
        model.step(film[number % 2][:1], state)
        held.append(len(state.trail) + len(state.ahead))
    assert max(held[20:]) <= max(held[:20]) <= 6
