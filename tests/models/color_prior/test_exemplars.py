"""Tests of what the color prior holds of its exemplars."""

import torch

from kinemacolor.models.color_prior.exemplars import pooled_color


def test_colors_are_the_mean_and_the_deviation_of_each_cell() -> None:
    torch.manual_seed(0)
    chroma = torch.randn(1, 2, 32, 48)
    pooled = pooled_color(chroma, None, (2, 3))
    cell = chroma[..., 16:, 32:]
    torch.testing.assert_close(pooled.mean[..., 1, 2], cell.mean((2, 3)))
    torch.testing.assert_close(pooled.deviation[..., 1, 2], cell.std((2, 3), correction=0))
    assert pooled.kept.all()


def test_what_alpha_hides_does_not_count() -> None:
    chroma = torch.full((1, 2, 32, 32), 10.0)
    alpha = torch.ones(1, 1, 32, 32)
    chroma[..., :8, :], alpha[..., :8, :] = 99.0, 0.0  # half of the upper cells
    chroma[..., 16:, :20], alpha[..., 16:, :20] = -99.0, 0.0  # all of the lower left one, a quarter of the right
    pooled = pooled_color(chroma, alpha, (2, 2))
    assert pooled.kept[0].tolist() == [[True, True], [False, True]]
    assert torch.allclose(pooled.mean[0, :, pooled.kept[0]], torch.tensor(10.0))
    assert torch.allclose(pooled.deviation[0, :, pooled.kept[0]], torch.tensor(0.0), atol=0.05)
