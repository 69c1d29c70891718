"""Finding colors coarse to fine, against a plain, dense search."""

from dataclasses import replace

import pytest
import torch
from torch.nn.functional import normalize

from kinemacolor.layers.place_features import PlaceFeatures, PlaceProjection
from kinemacolor.models.base import Reference
from kinemacolor.models.matching.bank import Bank, Search, entry_of

SEARCH = Search(top_k=3)


def features_of(height8: int, width8: int, generator: torch.Generator, *, odd: bool = False) -> PlaceFeatures:
    height4, width4 = 2 * height8 - odd, 2 * width8 - odd
    key = torch.randn(20, height8, width8, generator=generator)
    detail = torch.randn(6, height4, width4, generator=generator)
    return PlaceFeatures(
        normalize(key, dim=0), normalize(detail, dim=0), normalize(torch.randn(5, generator=generator), dim=0)
    )


def reference_of(features: PlaceFeatures, generator: torch.Generator, **more: torch.Tensor) -> Reference:
    height, width = (4 * n for n in features.detail.shape[-2:])
    luma = torch.rand(1, height, width, generator=generator) * 100
    return Reference(luma, torch.randn(2, height, width, generator=generator) * 20, **more)


def bank_of(references: list[Reference], features: list[PlaceFeatures], at_once: int = 4) -> Bank:
    projection = PlaceProjection.of(torch.cat([f.key.flatten(1) for f in features], 1), 12)
    return Bank(
        [entry_of(r, f, projection, torch.float32) for r, f in zip(references, features)], projection, at_once=at_once
    )


def plain_match(bank: Bank, luma4: torch.Tensor, asked: PlaceFeatures, search: Search) -> torch.Tensor:
    """One place at a time, as the docstrings say."""
    queries = bank.projection(asked.key)
    keys = torch.cat([entry.key for entry in bank.entries])
    home = [
        (number, y, x)
        for number, entry in enumerate(bank.entries)
        for y in range(-(-entry.size4[0] // 2))
        for x in range(-(-entry.size4[1] // 2))
    ]
    height4, width4 = asked.detail.shape[-2:]
    out = torch.zeros(2, height4, width4)
    for y in range(height4):
        for x in range(width4):
            cosine = keys @ queries[(y // 2) * asked.key.shape[-1] + x // 2]
            scores, colors = [], []
            for place in cosine.topk(search.top_k).indices.tolist():
                number, home_y, home_x = home[place]
                entry = bank.entries[number]
                for dy in (-1, 0, 1):
                    for dx in (-1, 0, 1):
                        there_y = min(max(2 * home_y + y % 2 + dy, 0), entry.size4[0] - 1)
                        there_x = min(max(2 * home_x + x % 2 + dx, 0), entry.size4[1] - 1)
                        there = there_y * entry.size4[1] + there_x
                        if entry.shown4 is not None and not entry.shown4[there]:
                            continue
                        likeness = entry.detail[there] @ asked.detail[:, y, x]
                        gap = (entry.luma[there] - luma4[y, x]).abs() / 100
                        scores.append(cosine[place] + search.detail_weight * likeness - search.luma_weight * gap)
                        colors.append(entry.chroma[there])
            weights = (torch.stack(scores) / search.temperature).softmax(0)
            out[:, y, x] = (weights[:, None] * torch.stack(colors)).sum(0)
    return out


@pytest.mark.parametrize("odd", [False, True])
def test_coarse_to_fine_equals_the_plain_search(odd: bool) -> None:
    generator = torch.Generator().manual_seed(0)
    held = [features_of(5, 6, generator, odd=odd), features_of(4, 7, generator)]
    bank = bank_of([reference_of(f, generator) for f in held], held)
    asked = features_of(5, 6, generator, odd=odd)
    luma4 = torch.rand(asked.detail.shape[-2:], generator=generator) * 100
    match = bank.match(luma4[None], asked, SEARCH)
    torch.testing.assert_close(match.chroma, plain_match(bank, luma4, asked, SEARCH), atol=1e-4, rtol=1e-4)


def test_case_28_what_alpha_hides_has_no_influence() -> None:
    generator = torch.Generator().manual_seed(1)
    held = features_of(6, 6, generator)
    alpha = torch.ones(1, 48, 48)
    alpha[:, :, 24:] = 0
    shown = reference_of(held, generator, alpha=alpha)
    other = torch.where(alpha > 0, shown.chroma, torch.full_like(shown.chroma, 90.0))
    asked = features_of(6, 6, generator)
    luma4 = torch.rand(1, 12, 12, generator=generator) * 100
    first = bank_of([shown], [held]).match(luma4, asked, SEARCH)
    second = bank_of([Reference(shown.luma, other, alpha=alpha)], [held]).match(luma4, asked, SEARCH)
    assert torch.equal(first.chroma, second.chroma)


def test_of_many_exemplars_only_the_most_alike_are_searched() -> None:
    generator = torch.Generator().manual_seed(2)
    held = [features_of(4, 4, generator) for _ in range(6)]
    references = [reference_of(f, generator) for f in held]
    asked = held[3]
    luma4 = torch.rand(1, 8, 8, generator=generator) * 100
    few = bank_of(references, held, at_once=1)
    alone = Bank([few.entries[3]], few.projection, at_once=1)
    assert torch.equal(few.match(luma4, asked, SEARCH).chroma, alone.match(luma4, asked, SEARCH).chroma)


def test_of_two_look_alikes_the_stronger_color_is_found_not_their_mean() -> None:
    generator = torch.Generator().manual_seed(5)
    held = features_of(5, 6, generator)
    luma = torch.full((1, 40, 48), 50.0)
    red = Reference(luma, torch.full((2, 40, 48), 40.0))
    green = Reference(luma, torch.full((2, 40, 48), -40.0))
    # of two entries with the same keys, three in four candidates are red
    bank = bank_of([red, red, red, green], [held] * 4)
    luma4 = torch.full((1, 10, 12), 50.0)
    mean = bank.match(luma4, held, replace(SEARCH, top_k=4))
    strongest = bank.match(luma4, held, replace(SEARCH, top_k=4, conflict_radius=20.0))
    assert mean.chroma.max() < 30
    torch.testing.assert_close(strongest.chroma, torch.full_like(mean.chroma, 40.0))
    assert strongest.spread.max() < 0.1 < mean.spread.min()


def test_where_colors_agree_the_guard_changes_nothing() -> None:
    generator = torch.Generator().manual_seed(6)
    held = [features_of(5, 6, generator) for _ in range(2)]
    references = [reference_of(f, generator) for f in held]
    bank = bank_of([Reference(r.luma, r.chroma / 20) for r in references], held)
    asked, luma4 = features_of(5, 6, generator), torch.rand(1, 10, 12, generator=generator) * 100
    one, other = (bank.match(luma4, asked, replace(SEARCH, conflict_radius=radius)) for radius in (None, 60.0))
    assert torch.equal(one.chroma, other.chroma)
