"""Tests of Deep Exemplar's recipe on a tiny network of its kind."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from standin import Squares
from torch import Generator

from kinemacolor.data.dataset import Request
from kinemacolor.data.samples import Batch, Sample, collate
from kinemacolor.models import deep_exemplar
from kinemacolor.models.deep_exemplar import DeepExemplarConfig
from kinemacolor.training.loop import RunSettings, train
from kinemacolor.training.recipe import Moment, Recipe, Stage
from kinemacolor.training.recipes import recipe_named
from kinemacolor.training.recipes.deep_exemplar import Contest, Noise, losses, pair_chromas, predict, recipe
from kinemacolor.training.recipes.deep_exemplar_terms import PAPER_WEIGHTS, PairWeights

TINY = DeepExemplarConfig.tiny()
QUIET = Noise(luma=0.0, often=0.0)
L1_ALONE = PairWeights(l1=2.0, perceptual=0.0, contextual=0.0, smoothness=0.0, temporal=0.0, adversarial=0.0)
ADVERSARIAL_ALONE = replace(L1_ALONE, l1=0.0, adversarial=0.2)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def tiny(weights: PairWeights = L1_ALONE, initial: Path | None = None, crop_px: int = 64) -> Recipe:
    made = recipe(initial, config=TINY, weights=weights, noise=QUIET, adversary_width=2)
    return replace(made, stages=(Stage(1.0, frames=2, crop_px=crop_px),), batch=1)


def contest() -> Contest:
    torch.manual_seed(0)
    return tiny().network()


def batch(crop_px: int = 64) -> Batch:
    return collate([Squares()[Request(number, 2, crop_px)] for number in (0, 1)])


def moment(part: float = 1.0, seed: int = 0) -> Moment:
    return Moment(step=0, part=part, generator=Generator().manual_seed(seed))


def test_the_numbers_are_the_papers() -> None:
    paper = recipe_named("deep-exemplar")
    assert (paper.learning_rate, paper.batch, paper.betas, paper.decay) == (2e-4, 40, (0.5, 0.999), "none")
    assert paper.amsgrad
    weights = PAPER_WEIGHTS
    assert (weights.perceptual, weights.contextual, weights.smoothness) == (0.001, 0.2, 5.0)
    assert (weights.adversarial, weights.temporal, weights.l1) == (0.2, 0.02, 2.0)


def test_all_six_losses_are_there_and_the_adversary_comes_later() -> None:
    both, given = contest(), batch(192)
    six = {"l1", "perceptual", "contextual", "smoothness", "temporal", "adversarial"}
    late = losses(PAPER_WEIGHTS, QUIET, both, given, moment(1.0))
    assert set(late) == six | {"discriminator"}
    assert all(torch.isfinite(term) for term in late.values())
    assert set(losses(PAPER_WEIGHTS, QUIET, both, given, moment(0.1))) == six - {"adversarial"}


def test_network_and_adversary_teach_only_themselves() -> None:
    both, given = contest(), batch(192)
    terms = losses(ADVERSARIAL_ALONE, QUIET, both, given, moment())
    sides = {"adversarial": both.network.colorization, "discriminator": both.discriminator}
    for name, learner in sides.items():
        both.zero_grad()
        terms[name].backward(retain_graph=True)
        taught = {id(p) for p in both.parameters() if p.grad is not None and p.grad.abs().max() > 0}
        assert taught & {id(p) for p in learner.parameters()}
        (other,) = (module for module in sides.values() if module is not learner)
        assert not taught & {id(p) for p in other.parameters()}


def test_gradients_flow_through_the_frame_before_and_through_matching() -> None:
    both, given = contest(), batch()
    chromas = pair_chromas(both.network, given, moment(), QUIET)
    first = chromas[:, 0]
    first.retain_grad()
    (through,) = torch.autograd.grad(chromas[:, 1].square().mean(), chromas, retain_graph=True, allow_unused=True)
    assert through is not None
    chromas[:, 1].square().mean().backward()
    for module in (both.network.correspondence.theta, both.network.correspondence.phi):
        assert float(module.weight.grad.abs().max()) > 0


def test_the_second_frame_sees_the_first_ones_answer() -> None:
    both, given = contest(), batch()
    answer = pair_chromas(both.network, given, moment(), QUIET)
    swapped = replace(given, lumas=torch.stack((given.lumas[:, 0].flip(-1), given.lumas[:, 1]), 1))
    other = pair_chromas(both.network, swapped, moment(), QUIET)
    assert not torch.allclose(other[:, 1], answer[:, 1], atol=1e-3)


@pytest.mark.parametrize("noise", [Noise(often=0.0), Noise(luma=0.0, features=0.0, often=1.0)])
def test_noise_changes_what_is_seen_and_not_the_truth(noise: Noise) -> None:
    both, given = contest(), batch()
    before = given.chromas.clone(), given.lumas.clone(), given.exemplar_chroma.clone()
    quiet, loud = (pair_chromas(both.network, given, moment(), each) for each in (QUIET, noise))
    assert not torch.allclose(quiet, loud, atol=1e-3)
    assert torch.equal(loud, pair_chromas(both.network, given, moment(), noise))
    after = given.chromas, given.lumas, given.exemplar_chroma
    assert all(torch.equal(a, b) for a, b in zip(before, after))


def test_feature_noise_alone_changes_matches() -> None:
    both, given = contest(), batch()
    loud = Noise(luma=0.0, exemplar=0.0, features=2.0, often=1.0)
    quiet, noisy = (pair_chromas(both.network, given, moment(), each) for each in (QUIET, loud))
    assert not torch.allclose(quiet, noisy, atol=1e-3)


def test_all_but_vgg19_learns() -> None:
    both = contest()
    (learning,) = [parameters for parameters, _ in tiny().parameter_groups(both)]
    ours = {id(parameter) for parameter in learning}
    assert not ours & {id(parameter) for parameter in both.network.features.parameters()}
    rest = [*both.network.correspondence.parameters(), *both.network.colorization.parameters()]
    assert {id(p) for p in [*rest, *both.discriminator.parameters()]} == ours


class OneSample(Squares):
    """The same sample, whichever is asked for."""

    def __getitem__(self, request: Request) -> Sample:
        return super().__getitem__(Request(0, request.frames, request.crop_px))


def test_a_tiny_run_lowers_the_loss_goes_on_with_its_adversary_and_its_weights_load(tmp_path: Path) -> None:
    made = replace(tiny(crop_px=48), learning_rate=1e-2)
    held_out = OneSample()[Request(0, 2, 48)]
    given = collate([held_out])

    @torch.no_grad()
    def error(both: Contest) -> float:
        return float((predict(both, given) - given.chromas).abs().mean())

    settings = RunSettings(device="cpu", evaluate_every_steps=1000, checkpoint_every_steps=1000)
    data, out = OneSample(), tmp_path / "run"
    train(made, data, out, steps=15, settings=settings)
    result = train(made, data, out, steps=30, validation=[held_out], settings=settings)
    assert result.step == 30
    assert deep_exemplar.load(result.weights).network.config == TINY
    again = tiny(initial=result.weights).network()
    assert torch.equal(again.network.colorization.last.weight, load_file(result.weights)["colorization.last.weight"])
    assert error(again) < 0.6 * error(contest())
