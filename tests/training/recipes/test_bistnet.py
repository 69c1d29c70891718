"""Tests of BiSTNet's recipe on a tiny network of its kind."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from standin import Squares

from kinemacolor.data.dataset import Request
from kinemacolor.data.samples import Batch, collate
from kinemacolor.errors import ModelError
from kinemacolor.models import bistnet
from kinemacolor.models.bistnet import BiSTNet, BiSTNetConfig
from kinemacolor.models.bistnet.experts import experts_of
from kinemacolor.models.bistnet.meb import MixedExperts, NoSegmentation, gradient_edges
from kinemacolor.training.loop import RunSettings, train
from kinemacolor.training.recipe import Recipe, Stage
from kinemacolor.training.recipes import bistnet as module
from kinemacolor.training.recipes import recipe_named
from kinemacolor.training.recipes.bistnet import PAPER_TERMS, clip_chromas, recipe
from kinemacolor.training.terms import TermWeights

TINY = BiSTNetConfig.tiny()
EXPERTS = MixedExperts(gradient_edges, NoSegmentation(TINY.classes), raw_luma=False)


@pytest.fixture(autouse=True)
def _no_installed_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    """HED is too much for tests, and may or may not be installed."""
    monkeypatch.setattr("kinemacolor.models.bistnet.experts.installed_weights", lambda: None)


def tiny(initial: Path | None = None) -> Recipe:
    terms = TermWeights(l1=2.0, edge_enhancing=2.0, hard_example=2.0)
    made = recipe(initial, config=TINY, terms=terms)
    return replace(made, stages=(Stage(1.0, frames=3, crop_px=64),), batch=1)


def batch() -> Batch:
    return collate([Squares()[Request(number, 3, 64)] for number in (0, 1)])


def test_the_numbers_are_the_papers() -> None:
    paper = recipe_named("bistnet")
    assert (paper.learning_rate, paper.batch, paper.betas, paper.weight_decay) == (2e-4, 8, (0.9, 0.999), 0.0)
    assert paper.decay == "none"
    assert (PAPER_TERMS.edge_enhancing, PAPER_TERMS.hard_example) == (2.0, 2.0)


def test_a_frame_learns_from_both_exemplars_and_the_last_is_not_learnt_from() -> None:
    torch.manual_seed(0)
    network = BiSTNet(TINY)
    given = batch()
    answers = clip_chromas(network, given, EXPERTS)
    assert answers.shape == (2, 2, 2, 64, 64)
    first = replace(given, exemplar_chroma=-given.exemplar_chroma)
    last = replace(given, chromas=torch.cat((given.chromas[:, :-1], -given.chromas[:, -1:]), 1))
    for changed in (first, last):
        assert not torch.allclose(clip_chromas(network, changed, EXPERTS), answers, atol=1e-2)
    truth = replace(given, chromas=torch.cat((-given.chromas[:, :-1], given.chromas[:, -1:]), 1))
    assert torch.equal(clip_chromas(network, truth, EXPERTS), answers)


def test_all_but_vgg19_learns() -> None:
    torch.manual_seed(0)
    network = BiSTNet(TINY)
    (learning,) = [parameters for parameters, _ in tiny().parameter_groups(network)]
    clip_chromas(network, batch(), EXPERTS).square().mean().backward()
    ours = {id(parameter) for parameter in learning}
    assert not ours & {id(parameter) for parameter in network.features.parameters()}
    unmoved = {name for name, p in network.named_parameters() if id(p) in ours and p.grad is None}
    assert unmoved == {"correspondence.phi.weight", "correspondence.phi.bias"}  # theta serves both sides


def test_training_ends_with_weights_that_load_and_can_be_gone_on_from(tmp_path: Path) -> None:
    held_out = [Squares()[Request(1000, 3, 64)]]
    settings = RunSettings(device="cpu")
    result = train(tiny(), Squares(), tmp_path / "run", steps=2, validation=held_out, settings=settings)
    assert result.psnr is not None
    loaded = bistnet.load(result.weights)
    assert loaded.network.config == TINY
    again = tiny(result.weights).network()
    assert torch.equal(again.msrb.coarse.chroma.weight, load_file(result.weights)["msrb.coarse.chroma.weight"])


def test_the_release_lends_its_features_and_correspondence(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    released = BiSTNet(BiSTNetConfig.tiny(gated=True))
    experts = experts_of({}, released.config, torch.device("cpu"))
    made = bistnet.BiSTNetColorizer(released, experts.priors, experts.flow)
    monkeypatch.setattr(module.bistnet, "load", lambda path: made)
    network = recipe(Path("checkpoints.zip"), config=TINY).network()
    assert network.config == TINY
    assert torch.equal(network.correspondence.theta.weight, released.correspondence.theta.weight)
    assert torch.equal(network.features.conv1_1.weight, released.features.conv1_1.weight)


def test_the_release_s_gates_cannot_be_trained() -> None:
    with pytest.raises(ModelError, match="without gates"):
        recipe(config=BiSTNetConfig.release())
