"""Tests of dense tracking against the plain equations and cases worked by hand."""

from itertools import pairwise

import pytest
import torch
from plain import correlation, dense_mask, textures, windowed_affinity

from kinemacolor.errors import SettingError
from kinemacolor.models.spatiotemporal import dense_tracking
from kinemacolor.models.spatiotemporal.dense_tracking import TrackingPolicy
from kinemacolor.models.spatiotemporal.trail import follow

GRID = (6, 8)


def tracked(frames: list[torch.Tensor], grid: tuple[int, int], policy: TrackingPolicy) -> torch.Tensor:
    steps = [
        (number, dense_tracking.transition(a, b, grid, policy)) for number, (a, b) in enumerate(pairwise(frames))
    ]
    start = dense_tracking.themselves(grid[0] * grid[1])
    return list(follow(steps, start, policy.threshold))[-1][1].to_dense() > 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("temperature", [0.01, 0.1, 0.3])
def test_masks_are_those_of_the_plain_equations(seed: int, temperature: float) -> None:
    frames = textures(5, GRID, seed=seed)
    policy = TrackingPolicy(radius_cells=2, temperature=temperature)
    plain = dense_mask(frames, GRID, 2, temperature, policy.threshold)
    assert torch.equal(tracked(frames, GRID, policy), plain)
    assert 0 < int(plain.sum()) < plain.numel()


def test_the_paper_s_window_and_threshold_give_the_plain_masks() -> None:
    grid = (11, 21)
    frames = textures(3, grid, seed=9)
    policy = TrackingPolicy()
    assert (policy.radius_cells, policy.threshold) == (9, 0.2)
    assert torch.equal(tracked(frames, grid, policy), dense_mask(frames, grid, 9, 0.01, 0.2))


def test_a_transition_is_the_normalized_windowed_affinity() -> None:
    x, y = textures(2, GRID, seed=3)
    step = dense_tracking.transition(x, y, GRID, TrackingPolicy(radius_cells=2, temperature=0.2, smallest=0.0))
    plain = windowed_affinity(x, y, GRID, 2, 0.2)
    torch.testing.assert_close(step.to_dense().double(), plain, atol=1e-6, rtol=1e-5)
    assert step._nnz() == int((plain > 0).sum())


def test_a_pan_by_one_cell_is_followed_exactly() -> None:
    frames = textures(5, GRID, channels=64, seed=1, drift=0.0)
    mask = tracked(frames, GRID, TrackingPolicy(radius_cells=2))
    for y in range(GRID[0]):
        for x in range(GRID[1] - 4):
            row = mask[y * GRID[1] + x]
            assert row.nonzero().flatten().tolist() == [y * GRID[1] + x + 4]


def test_a_window_smaller_than_the_motion_finds_nothing_right() -> None:
    frames = textures(2, GRID, channels=64, seed=1, drift=0.0)
    mask = tracked(frames, GRID, TrackingPolicy(radius_cells=0))
    assert torch.equal(mask, torch.eye(48, dtype=torch.bool))  # a window of one cell leaves itself only


def test_a_still_scene_keeps_each_position() -> None:
    frames = textures(1, GRID, channels=64, seed=5) * 6
    assert torch.equal(tracked(frames, GRID, TrackingPolicy()), torch.eye(48, dtype=torch.bool))


def test_without_any_texture_no_track_survives() -> None:
    frames = [torch.zeros(48, 8)] * 2
    assert not tracked(frames, GRID, TrackingPolicy()).any()


def test_contributions_of_several_candidates_add_up() -> None:
    candidates = torch.tensor([[1.0, 1.0, 0.0]]).to_sparse().coalesce()
    step = torch.tensor([[0.15, 0.85, 0.0], [0.1, 0.0, 0.9], [0.0, 0.0, 1.0]]).to_sparse().coalesce()
    # 0.25 passes though neither 0.15 nor 0.1 does
    assert dense_tracking.propagate(candidates, step, 0.2).to_dense().tolist() == [[1.0, 1.0, 1.0]]
    assert dense_tracking.propagate(candidates, step, 0.3).to_dense().tolist() == [[0.0, 1.0, 1.0]]


def test_small_affinities_are_left_out_and_change_little_memory() -> None:
    x, y = textures(2, GRID, seed=3)
    whole = dense_tracking.transition(x, y, GRID, TrackingPolicy(temperature=0.02, smallest=0.0))
    kept = dense_tracking.transition(x, y, GRID, TrackingPolicy(temperature=0.02))
    assert kept._nnz() < whole._nnz() / 3
    assert float(kept.values().min()) >= 1e-4
    torch.testing.assert_close(kept.to_dense(), whole.to_dense(), atol=1e-4, rtol=0)


def test_composition_reaches_all_that_candidates_reach() -> None:
    generator = torch.Generator().manual_seed(0)
    one, two = ((torch.rand(7, 7, generator=generator) > 0.7).float() for _ in range(2))
    composed = dense_tracking.compose(one.to_sparse().coalesce(), two.to_sparse().coalesce())
    assert torch.equal(composed.to_dense(), ((one @ two) > 0).float())


def test_widening_adds_every_position_within_the_margin() -> None:
    candidates = torch.zeros(2, 48)
    candidates[0, 0] = 1  # a corner
    candidates[1, 3 * 8 + 4] = 1
    wide = dense_tracking.widen(candidates.to_sparse().coalesce(), GRID, 1).to_dense().view(2, *GRID)
    assert wide[0].nonzero().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert wide[1].nonzero().tolist() == [[y, x] for y in (2, 3, 4) for x in (3, 4, 5)]


def test_the_best_are_kept_where_candidates_are_many() -> None:
    x, y = textures(2, GRID, seed=2)
    generator = torch.Generator().manual_seed(1)
    mask = torch.rand(48, 48, generator=generator) > 0.5
    kept = dense_tracking.best(mask.float().to_sparse().coalesce(), x, y, 5).to_dense() > 0
    similarity = correlation(x, y)
    for row in range(48):
        best = sorted(mask[row].nonzero().flatten().tolist(), key=lambda j: -float(similarity[row, j]))[:5]
        assert kept[row].nonzero().flatten().tolist() == sorted(best)


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 0.0},
        {"temperature": 0.0},
        {"reach_frames": 1},
        {"radius_cells": -1},
        {"references_each_side": 0},
    ],
)
def test_a_policy_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingError, match="TrackingPolicy"):
        TrackingPolicy(**wrong)
