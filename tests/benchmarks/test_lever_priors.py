"""The levers on the color prior: what adapting it leaves alone, and what becomes of its mixtures."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from kinemacolor.models.base import Reference
from kinemacolor.models.color_prior import ColorPrior, ColorPriorConfig, Mixture, ShotPrior
from lever_priors import Palette, adapted, blended


def mixture(means: list[tuple[float, float]], deviation: float, *, weights: list[float] | None = None) -> Mixture:
    """One place."""
    shares = torch.tensor(weights or [1 / len(means)] * len(means)).view(1, -1, 1, 1)
    deviations = torch.full_like(shares, deviation).log()
    return Mixture(shares.log(), torch.tensor(means).view(1, -1, 2, 1, 1), deviations)


def test_the_adapted_prior_knows_the_exemplar_better_and_leaves_the_model_as_it_was() -> None:
    torch.manual_seed(0)
    network = ColorPrior(ColorPriorConfig.tiny()).eval().requires_grad_(False)
    prior = ShotPrior(network, torch.float32)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    luma, chroma = torch.rand(1, 64, 96) * 100, F.interpolate(torch.randn(1, 2, 2, 3) * 30, (64, 96))
    learned = adapted(prior, Reference(luma, chroma[0]))

    def unlikely(asked: ShotPrior) -> float:
        answer = asked.mixture(luma, [])
        return float(answer.negative_log_likelihood(F.adaptive_avg_pool2d(chroma, answer.mean.shape[-2:])).mean())

    assert unlikely(learned) < unlikely(prior)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    differ = {name for name, value in learned.network.state_dict().items() if not torch.equal(value, before[name])}
    assert {name.partition(".")[0] for name in differ} == {"gate", "head"}


def test_blended_mixtures_weigh_by_precision() -> None:
    both = blended(mixture([(10.0, 0.0)], 1.0), mixture([(0.0, 0.0)], 3.0))
    assert both.log_weights.exp().flatten().tolist() == pytest.approx([0.9, 0.1])
    assert both.mean.flatten().tolist() == pytest.approx([9.0, 0.0])


def test_a_palette_has_the_clusters_of_its_colors() -> None:
    centers = torch.tensor([[40.0, 0.0], [-40.0, 0.0], [0.0, 40.0]])
    noise = torch.randn(3, 100, 2, generator=torch.Generator().manual_seed(0))
    palette = Palette.of((centers[:, None] + noise).flatten(0, 1), clusters=3)
    assert torch.cdist(centers, palette.means).amin(1).max() < 0.5
    assert palette.log_weights.exp().tolist() == pytest.approx([1 / 3] * 3)
    assert palette.variances.tolist() == pytest.approx([4.0] * 3)  # the least there is


def test_a_palette_multiplies_gaussians_and_keeps_to_its_say() -> None:
    palette = Palette(torch.zeros(1), torch.tensor([[20.0, 0.0]]), torch.tensor([4.0]))
    drawn = palette.within(mixture([(0.0, 0.0)], 2.0), say=0.25)
    assert drawn.log_weights.exp().flatten().tolist() == pytest.approx([0.75, 0.25])
    assert drawn.means.flatten().tolist() == pytest.approx([0.0, 0.0, 10.0, 0.0])
    assert (2 * drawn.log_deviations).exp().flatten().tolist() == pytest.approx([4.0, 2.0])
    near = replace(palette, log_weights=torch.zeros(2), means=torch.tensor([[1.0, 0.0], [90.0, 0.0]]),
                   variances=torch.tensor([4.0, 4.0]))  # fmt: skip
    assert near.within(mixture([(0.0, 0.0)], 2.0), say=0.5).log_weights.exp().flatten()[2] < 1e-6
