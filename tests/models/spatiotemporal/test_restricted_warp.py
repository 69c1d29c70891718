"""Tests of the restricted warp against the plain equations."""

import pytest
import torch
from plain import restricted_warp, textures

from kinemacolor.models.spatiotemporal import restricted_warp as module
from kinemacolor.models.spatiotemporal.restricted_warp import Source, centered, warp
from kinemacolor.models.spatiotemporal.tracking_mask import TrackingMask

GRID = (6, 8)
COUNT = 48


def scene(references: int, seed: int) -> tuple[torch.Tensor, list[Source]]:
    frames = textures(references + 1, GRID, seed=seed)
    generator = torch.Generator().manual_seed(seed + 100)
    chroma = [60 * torch.randn(COUNT, 2, generator=generator) for _ in range(references)]
    return frames[0], [Source(f, c) for f, c in zip(frames[1:], chroma)]


def random_mask(seed: int, share: float) -> torch.Tensor:
    mask = torch.rand(COUNT, COUNT, generator=torch.Generator().manual_seed(seed)) < share
    mask[seed % COUNT] = False
    mask[7] = False
    return mask


def narrow(mask: torch.Tensor) -> TrackingMask:
    return TrackingMask.of_candidates(mask.float().to_sparse().coalesce())


def wide(mask: torch.Tensor) -> TrackingMask:
    """The same mask as one region for each position."""
    return TrackingMask(torch.arange(COUNT), mask)


def assert_as_plain(
    x: torch.Tensor, sources: list[Source], masks: list[TrackingMask], plain: list[torch.Tensor], temperature: float
) -> None:
    warped = warp(x, sources, masks, temperature)
    features, chroma = [s.features for s in sources], [s.chroma for s in sources]
    colors, confidence, empty = restricted_warp(x, features, chroma, plain, temperature)
    torch.testing.assert_close(warped.chroma.double(), colors, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(warped.confidence.double(), confidence, atol=1e-6, rtol=0)
    assert torch.equal(warped.unrestricted, empty)


@pytest.mark.parametrize("references", [1, 2, 3])
@pytest.mark.parametrize("share", [0.02, 0.3])
@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_the_warp_is_that_of_the_plain_equations(references: int, share: float, temperature: float) -> None:
    x, sources = scene(references, seed=references)
    plain = [random_mask(seed, share) for seed in range(references)]
    assert_as_plain(x, sources, [narrow(mask) for mask in plain], plain, temperature)
    assert_as_plain(x, sources, [wide(mask) for mask in plain], plain, temperature)


def test_one_reference_may_be_narrow_and_another_wide() -> None:
    x, sources = scene(2, seed=5)
    plain = [random_mask(0, 0.05), random_mask(1, 0.4)]
    assert_as_plain(x, sources, [narrow(plain[0]), wide(plain[1])], plain, 0.1)


def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    x, sources = scene(2, seed=6)
    masks = [narrow(random_mask(0, 0.05)), wide(random_mask(1, 0.4))]
    whole = warp(x, sources, masks, 0.1)
    monkeypatch.setattr(module, "_LOGITS_AT_ONCE", 5 * 96)
    monkeypatch.setattr(module, "_PAIRS_AT_ONCE", 7)
    blocks = warp(x, sources, masks, 0.1)
    torch.testing.assert_close(blocks.chroma, whole.chroma, atol=1e-4, rtol=1e-5)
    assert torch.equal(blocks.unrestricted, whole.unrestricted)


def test_all_ones_is_the_unrestricted_softmax() -> None:
    x, sources = scene(1, seed=8)
    warped = warp(x, sources, [TrackingMask.everything(COUNT, COUNT)], 0.02)
    plain = ((x @ sources[0].features.T) / 0.02).softmax(1) @ sources[0].chroma
    torch.testing.assert_close(warped.chroma, plain, atol=1e-4, rtol=1e-5)
    assert not warped.unrestricted.any()


def test_a_reference_given_twice_counts_once() -> None:
    x, sources = scene(1, seed=8)
    mask = narrow(random_mask(3, 0.1))
    once, twice = (warp(x, sources * n, [mask] * n, 0.02) for n in (1, 2))
    torch.testing.assert_close(once.chroma, twice.chroma, atol=1e-4, rtol=1e-5)


def test_the_order_of_references_does_not_matter() -> None:
    x, sources = scene(3, seed=9)
    masks = [narrow(random_mask(seed, 0.1)) for seed in range(3)]
    one, other = warp(x, sources, masks, 0.02), warp(x, sources[::-1], masks[::-1], 0.02)
    torch.testing.assert_close(one.chroma, other.chroma, atol=1e-4, rtol=1e-5)


def test_a_sharp_softmax_neither_overflows_nor_divides_by_nothing() -> None:
    x, sources = scene(1, seed=10)
    # far from the best match, where masking after the softmax would be 0 / 0
    worst = (x @ sources[0].features.T).argmin(1)
    mask = torch.zeros(COUNT, COUNT, dtype=torch.bool)
    mask[torch.arange(COUNT), worst] = True
    for masks in ([narrow(mask)], [wide(mask)]):
        warped = warp(x, sources, masks, 1e-10)
        torch.testing.assert_close(warped.chroma, sources[0].chroma[worst])


def test_look_alikes_of_another_color_do_not_mix() -> None:
    """Two objects of equal look, one red and one blue: the tracked mask keeps them apart."""
    look = centered(torch.randn(8, 1, 6, generator=torch.Generator().manual_seed(0)))
    features = torch.cat((look, look))
    chroma = torch.cat((torch.tensor([[60.0, 40.0]]).repeat(6, 1), torch.tensor([[10.0, -60.0]]).repeat(6, 1)))
    source = Source(features, chroma)
    halves = torch.zeros(2, 12, dtype=torch.bool)
    halves[0, :6] = halves[1, 6:] = True
    mask = TrackingMask(torch.tensor([0] * 6 + [1] * 6), halves)
    torch.testing.assert_close(warp(features, [source], [mask], 0.01).chroma, chroma)
    mixed = warp(features, [source], [TrackingMask.everything(12, 12)], 0.01).chroma
    torch.testing.assert_close(mixed, chroma.mean(0).expand(12, 2), atol=1.0, rtol=0)


def test_case_28_positions_that_do_not_count_have_no_influence() -> None:
    x, (source,) = scene(1, seed=12)
    counted = torch.arange(COUNT) % 3 > 0
    mask = random_mask(2, 0.2)
    for masks in ([narrow(mask)], [wide(mask)], [TrackingMask.everything(COUNT, COUNT)]):
        one, other = (
            warp(
                x, [Source(source.features, torch.where(counted[:, None], source.chroma, value), counted)], masks, 0.1
            )
            for value in (0.0, 1e6)
        )
        assert torch.equal(one.chroma, other.chroma)


def test_centered_rows_are_the_paper_s_correlation() -> None:
    planes = torch.randn(2, 5, 3, 4, generator=torch.Generator().manual_seed(0))
    x, y = (p.flatten(1).T for p in planes)
    plain = torch.stack(
        [torch.stack([torch.cosine_similarity(a - x.mean(0), b - y.mean(0), dim=0) for b in y]) for a in x]
    )
    torch.testing.assert_close(centered(planes[0]) @ centered(planes[1]).T, plain, atol=1e-5, rtol=1e-5)


def test_flat_features_give_numbers() -> None:
    flat = centered(torch.full((5, 3, 4), 2.0))
    source = Source(flat, torch.ones(12, 2))
    warped = warp(flat, [source], [TrackingMask.of_candidates(torch.zeros(12, 12).to_sparse().coalesce())], 0.01)
    torch.testing.assert_close(warped.chroma, torch.ones(12, 2))
    assert warped.unrestricted.all()
