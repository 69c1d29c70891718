"""Tests of the losses put together for a clip."""

from dataclasses import fields

import pytest
import torch
from standin import Squares

from kinemacolor.data.dataset import Request
from kinemacolor.data.samples import collate
from kinemacolor.training.terms import Colored, TermWeights, weighted_terms

BATCH = collate([Squares()[Request(i, frames=3, crop_px=64)] for i in range(2)])


def colored(shift: float | torch.Tensor) -> Colored:
    """The truth, but for a shift of every chroma."""
    chromas = (BATCH.chromas / 110 + shift).requires_grad_()
    return Colored(chromas, BATCH, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("name", [field.name for field in fields(TermWeights)])
def test_each_term_is_weighted_and_moves_the_chroma(name: str) -> None:
    scale = torch.linspace(-0.2, 0.2, 64) * torch.tensor([1.0, 2.0, 4.0]).view(1, 3, 1, 1, 1)
    single, double = (weighted_terms(TermWeights(**{name: weight}), colored(scale)) for weight in (1.0, 2.0))
    assert list(single) == [name]
    assert double[name].item() == pytest.approx(2 * single[name].item(), rel=1e-4)
    made = colored(scale)
    weighted_terms(TermWeights(**{name: 1.0}), made)[name].backward()
    assert made.chromas.grad is not None
    assert torch.isfinite(made.chromas.grad).all()
    assert made.chromas.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["l1", "vivid_l1", "l2", "temporal", "edge_enhancing", "hard_example", "perceptual"])
def test_the_truth_costs_nothing(name: str) -> None:
    # these clips stand still, so that their truth does not change along the flow either
    assert weighted_terms(TermWeights(**{name: 1.0}), colored(0.0))[name].item() == pytest.approx(0.0, abs=1e-5)


def test_no_weight_no_term() -> None:
    assert weighted_terms(TermWeights(), colored(0.0)) == {}
