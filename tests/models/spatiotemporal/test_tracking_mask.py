"""Tests of M^I, M^D and both together against the plain definitions."""

import pytest
import torch
from plain import both_masks, instance_mask

from kinemacolor.models.spatiotemporal.instance_tracking import GridObjects
from kinemacolor.models.spatiotemporal.tracking_mask import Combination, TrackingMask, combine

COUNT = 30


def objects(seed: int, tracks: tuple[int, ...]) -> tuple[GridObjects, dict[int, torch.Tensor], list[int | None]]:
    """Objects of random coverage, their coverages by track, and the track that each position belongs to."""
    generator = torch.Generator().manual_seed(seed)
    coverage = torch.rand(len(tracks), COUNT, generator=generator)
    most, label = coverage.max(0)
    label = torch.where(most >= 0.7, label, -1)
    names = [None if number < 0 else tracks[number] for number in label.tolist()]
    return GridObjects(tracks, coverage >= 0.5, label), dict(zip(tracks, coverage)), names


def sparse(mask: torch.Tensor) -> torch.Tensor:
    return mask.float().to_sparse().coalesce()


def dense_of(mask: TrackingMask) -> torch.Tensor:
    return mask.rows(torch.arange(COUNT))


@pytest.mark.parametrize("seed", range(3))
def test_an_object_takes_from_itself_and_the_rest_from_everywhere(seed: int) -> None:
    frame, _, label = objects(seed, (4, -1, 9))
    reference, coverage, _ = objects(seed + 50, (9, 4))  # other order; -1 is not shown
    mask = dense_of(TrackingMask.of_objects(frame, reference))
    assert torch.equal(mask, instance_mask(label, coverage))
    assert any(track == -1 for track in label)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("how", ["intersection", "union"])
@pytest.mark.parametrize("share", [0.02, 0.3])
def test_both_masks_join_as_defined(seed: int, how: Combination, share: float) -> None:
    frame, _, label = objects(seed, (4, -1, 9))
    reference, coverage, _ = objects(seed + 50, (9, 4))
    dense = torch.rand(COUNT, COUNT, generator=torch.Generator().manual_seed(seed)) < share
    joined = dense_of(combine(sparse(dense), frame, reference, how))
    assert torch.equal(joined, both_masks(label, instance_mask(label, coverage), dense, how))


def test_without_objects_both_masks_are_the_dense_one() -> None:
    nothing = GridObjects((), torch.zeros(0, COUNT, dtype=torch.bool), torch.full((COUNT,), -1))
    dense = torch.rand(COUNT, COUNT, generator=torch.Generator().manual_seed(0)) < 0.2
    assert torch.equal(dense_of(combine(sparse(dense), nothing, nothing)), dense)
    assert dense_of(TrackingMask.of_objects(nothing, nothing)).all()


def test_rows_of_some_positions_are_those_of_all() -> None:
    frame, _, _ = objects(0, (1, 2))
    reference, _, _ = objects(1, (1, 2))
    dense = torch.rand(COUNT, COUNT, generator=torch.Generator().manual_seed(0)) < 0.1
    mask = combine(sparse(dense), frame, reference)
    some = torch.tensor([17, 3, 29])
    assert torch.equal(mask.rows(some), dense_of(mask)[some])


def test_narrow_positions_have_few_candidates_and_no_region() -> None:
    dense = torch.zeros(COUNT, 200, dtype=torch.bool)
    dense[0, :64] = dense[1, :65] = True
    mask = TrackingMask.of_candidates(sparse(dense))
    assert mask.is_narrow.tolist() == [True, False] + [True] * (COUNT - 2)
    assert not TrackingMask.everything(COUNT, 200).is_narrow.any()
