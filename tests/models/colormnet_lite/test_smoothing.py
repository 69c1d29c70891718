"""Matches smoothed along luma."""

import math

import torch

from kinemacolor.models.colormnet_lite.smoothing import smoothed
from kinemacolor.models.matching.bank import Match


def match_of(chroma: torch.Tensor, similarity: torch.Tensor | None = None) -> Match:
    size = chroma.shape[-2:]
    sure = torch.full((1, *size), 0.8) if similarity is None else similarity
    return Match(chroma, torch.full((1, *size), 50.0), torch.zeros(1, *size), sure)


def test_an_edge_of_luma_keeps_colors_apart() -> None:
    chroma = torch.zeros(2, 6, 8)
    chroma[0, :, 4:] = 40.0
    luma = torch.full((1, 6, 8), 20.0)
    luma[..., 4:] = 80.0
    assert (smoothed(match_of(chroma), luma, luma_sigma=4.0).chroma - chroma).abs().max() < 1e-3


def test_on_even_luma_a_places_weight_falls_with_distance() -> None:
    chroma = torch.zeros(2, 5, 5)
    chroma[:, 2, 2] = 10.0
    out = smoothed(match_of(chroma), torch.full((1, 5, 5), 50.0), luma_sigma=4.0).chroma
    side, corner = math.exp(-9 / 8), math.exp(-9 / 4)
    total = 1 + 4 * side + 4 * corner
    assert abs(out[0, 2, 2].item() - 10 / total) < 1e-4
    assert abs(out[0, 2, 1].item() - 10 * side / total) < 1e-4
    assert abs(out[1, 1, 1].item() - 10 * corner / total) < 1e-4
    assert out[0, 0, 0] == 0


def test_what_is_surely_matched_tells_its_neighbors() -> None:
    chroma, sure = torch.zeros(2, 3, 3), torch.full((1, 3, 3), 0.3)
    chroma[:, 1, 1], sure[:, 1, 1] = 10.0, 0.9
    flat = torch.full((1, 3, 3), 50.0)
    told, even = (smoothed(match_of(chroma, s), flat, luma_sigma=4.0).chroma[0, 0, 1] for s in (sure, None))
    assert told > 3 * even
