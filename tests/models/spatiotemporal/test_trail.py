"""Tests of the trail: exact in reach, by relay beyond it, and bounded."""

import pytest
import torch
from plain import dense_mask, textures

from kinemacolor.models.spatiotemporal import dense_tracking
from kinemacolor.models.spatiotemporal.dense_tracking import TrackingPolicy
from kinemacolor.models.spatiotemporal.trail import Trail

GRID = (6, 8)


def run(frames: list[torch.Tensor], references: list[int], policy: TrackingPolicy) -> list[dict[int, torch.Tensor]]:
    trail, found = Trail(policy), []
    for number, features in enumerate(frames):
        if number:
            trail.add(number, dense_tracking.transition(features, frames[number - 1], GRID, policy))
        past = {index: frames[index] for index in references if index <= number}
        found.append({r: d.to_dense() > 0 for r, d in trail.candidates(number, features, past).items()})
    return found


def test_within_reach_every_reference_is_tracked_as_in_the_paper() -> None:
    frames = textures(7, GRID, seed=4)
    policy = TrackingPolicy(radius_cells=2, temperature=0.1)
    found = run(frames, [0, 3], policy)
    for number in range(7):
        assert set(found[number]) == {r for r in (0, 3) if r <= number}
        for reference, mask in found[number].items():
            path = frames[reference : number + 1][::-1]
            assert torch.equal(mask, dense_mask(path, GRID, 2, 0.1, 0.2))


def test_a_reference_is_itself_on_its_own_frame() -> None:
    found = run(textures(3, GRID), [2], TrackingPolicy())
    assert torch.equal(found[2][2], torch.eye(48, dtype=torch.bool))


def test_beyond_reach_a_still_scene_is_tracked_by_relays() -> None:
    frames = textures(1, GRID, channels=64, seed=5) * 23
    for found in run(frames, [0], TrackingPolicy(reach_frames=4)):
        assert torch.equal(found[0], torch.eye(48, dtype=torch.bool))


@pytest.mark.parametrize("references", [[0], [0, 5, 11], []])
def test_what_is_kept_does_not_grow_with_the_film(references: list[int]) -> None:
    frames = textures(1, GRID, channels=64, seed=5) * 40
    policy, trail = TrackingPolicy(reach_frames=6), None
    trail = Trail(policy)
    for number, features in enumerate(frames):
        if number:
            trail.add(number, dense_tracking.transition(features, frames[number - 1], GRID, policy))
        found = trail.candidates(number, features, {r: frames[r] for r in references if r <= number})
        assert set(found) == {r for r in references if r <= number}
        assert len(trail) <= policy.reach_frames


def test_a_relay_keeps_only_the_best() -> None:
    frames = textures(12, GRID, seed=4)
    loose = TrackingPolicy(radius_cells=3, temperature=0.3, threshold=0.05, reach_frames=4)
    tight = TrackingPolicy(radius_cells=3, temperature=0.3, threshold=0.05, reach_frames=4, relayed_max=1)
    many, few = (run(frames, [0], policy)[-1][0] for policy in (loose, tight))
    assert few.sum() < many.sum()
    assert not (few & ~many).any()
