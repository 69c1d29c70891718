"""The most similar places: by fours, the same as among all where fours are enough."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from kinemacolor.models.matching.nearest import Counts, Fours, nearest_in_fours, nearest_of_all


def keys_of(count: int, seed: int = 0) -> Tensor:
    return F.normalize(torch.randn(count, 8, generator=torch.Generator().manual_seed(seed)), dim=1)


@pytest.mark.parametrize("size", [(4, 6), (5, 7), (1, 9)])
def test_with_all_fours_looked_through_it_is_the_plain_search(size: tuple[int, int]) -> None:
    held, asked = keys_of(size[0] * size[1]), keys_of(30, seed=1)
    fours = Fours.of(held, size)
    score, where = nearest_in_fours(asked, (5, 6), held, fours, Counts(len(fours.key), 3))
    expected = nearest_of_all(asked, held, None, 3)
    torch.testing.assert_close(score, expected[0])
    assert torch.equal(where, expected[1])


def test_members_cover_every_place_once() -> None:
    fours = Fours.of(keys_of(35), (5, 7))
    assert sorted(fours.members[fours.there].tolist()) == list(range(35))
    assert fours.key.shape == (12, 8)


def test_case_28_hidden_places_are_not_found() -> None:
    held = keys_of(64)
    shown = torch.arange(64) % 8 < 3  # the left of an 8 x 8 picture; fours of columns 2 and 3 are half hidden
    score, where = nearest_in_fours(held, (8, 8), held, Fours.of(held, (8, 8), shown), Counts(4, 3))
    assert bool(shown[where].all())
    assert bool((score > -1.01).all())


def test_two_pictures_are_searched_as_one() -> None:
    first, second = keys_of(24), keys_of(20, seed=1)
    fours = Fours.joined([Fours.of(first, (4, 6)), Fours.of(second, (5, 4))], [24, 20])
    both = torch.cat((first, second))
    _, where = nearest_in_fours(both, (4, 11), both, fours, Counts(len(fours.key), 1))
    assert torch.equal(where[:, 0], torch.arange(44))


def test_what_is_alike_in_smooth_pictures_is_nearly_always_found() -> None:
    rough = torch.randn(1, 8, 3, 4, generator=torch.Generator().manual_seed(3))
    smooth = F.interpolate(rough, (24, 32), mode="bilinear")[0].flatten(1).T
    held = F.normalize(smooth, dim=1)
    asked = F.normalize(smooth + 0.01 * keys_of(len(smooth), seed=4), dim=1)
    found, _ = nearest_in_fours(asked, (24, 32), held, Fours.of(held, (24, 32)), Counts(8, 1))
    best, _ = nearest_of_all(asked, held, None, 1)
    assert float((best - found < 0.01).float().mean()) > 0.97
