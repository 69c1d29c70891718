"""Tests of the light network's recipe, on a tiny network of its kind."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from standin import Squares
from torch import Generator

from kinemacolor.data.dataset import Request
from kinemacolor.data.samples import Batch, collate
from kinemacolor.layers.efficientnet_lite import EfficientNetLite, EfficientNetLiteConfig
from kinemacolor.models import deep_exemplar_lite as lite
from kinemacolor.models.deep_exemplar_lite import DeepExemplarLite, EfficientNetFeatures, LightColorizationConfig
from kinemacolor.training.loop import RunSettings, train
from kinemacolor.training.recipe import Moment, Recipe, Stage
from kinemacolor.training.recipes import recipe_named
from kinemacolor.training.recipes.deep_exemplar_lite import DEFAULT_TERMS, losses, recipe


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def tiny(**changes: object) -> Recipe:
    torch.manual_seed(0)
    features = EfficientNetFeatures(EfficientNetLite(EfficientNetLiteConfig.tiny()))
    made = recipe(config=LightColorizationConfig.tiny(), features=features)
    return replace(made, stages=(Stage(1.0, frames=3, crop_px=64),), learning_rate=1e-2, **changes)


def batch(frames: int = 3) -> Batch:
    return collate([Squares()[Request(number, frames, 64)] for number in (0, 1)])


def moment() -> Moment:
    return Moment(step=0, part=1.0, generator=Generator().manual_seed(0))


def test_it_is_found_by_name_and_ends_on_squares_of_the_size_in_use() -> None:
    assert recipe_named("deep-exemplar-lite").stages[-1].crop_px == 216


def test_only_the_subnet_learns() -> None:
    made = tiny()
    network = made.network()
    ((learning, _),) = made.parameter_groups(network)
    assert {id(p) for p in learning} == {id(p) for p in network.colorization.parameters()}


def test_gradients_flow_through_the_frame_before() -> None:
    network = tiny().network()
    given = batch()
    made = losses(DEFAULT_TERMS, network, given, moment())
    assert set(made) == {"l1", "l2"}
    sum(made.values()).backward()
    assert all(p.grad is not None for p in network.colorization.parameters())
    assert all(p.grad is None for p in network.features.parameters())


def test_only_the_last_frames_of_long_clips_count() -> None:
    """Another truth for the frames before changes nothing."""
    network = tiny().network()
    given = batch(frames=6)
    other = replace(given, chromas=torch.cat((given.chromas[:, :2].neg(), given.chromas[:, 2:]), 1))
    one, two = (losses(DEFAULT_TERMS, network, each, moment()) for each in (given, other))
    assert one["l1"].item() == two["l1"].item()
    late = replace(given, chromas=torch.cat((given.chromas[:, :3], given.chromas[:, 3:].neg()), 1))
    assert losses(DEFAULT_TERMS, network, late, moment())["l1"].item() != one["l1"].item()


def test_a_tiny_run_lowers_the_error_goes_on_where_it_stopped_and_its_weights_load(tmp_path: Path) -> None:
    made, data = tiny(), Squares()
    held_out = [collate([data[Request(number, 3, 64)]]) for number in range(900, 904)]

    @torch.no_grad()
    def error(network: DeepExemplarLite) -> float:
        return sum(float((recipe().predict(network, each) - each.chromas).square().mean()) for each in held_out)

    torch.manual_seed(0)
    before = error(made.network().eval())
    settings = RunSettings(device="cpu", evaluate_every_steps=1000, checkpoint_every_steps=1000)
    train(made, data, tmp_path / "run", steps=30, settings=settings)
    result = train(made, data, tmp_path / "run", steps=60, settings=settings)
    assert (result.step, result.ending) == (60, "complete")
    network = made.network()
    saved = lite.load_network(result.weights)
    network.colorization.load_state_dict(saved.colorization.state_dict())
    assert error(network.eval()) < 0.95 * before
