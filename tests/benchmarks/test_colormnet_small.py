"""ColorMNet-small with seeded tiny weights: a shot colored from a file, states of their own, gradients in all."""

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

import colormnet_small
from colormnet_small import ColorMNetSmall, ColorMNetSmallColorizer, ColorMNetSmallConfig
from kinemacolor.errors import ExemplarError, WeightsError
from kinemacolor.models import colormnet
from kinemacolor.models.base import Colorizer, Reference
from kinemacolor.models.colormnet import ColorMNet, ColorMNetConfig, MemoryPolicy
from kinemacolor.models.colormnet.fuser import AttentionGate

POLICY = MemoryPolicy(
    write_every_frames=2, working_max_frames=4, working_min_frames=2, prototypes_tokens=4, long_term_max_tokens=10
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def seeded(seed: int = 0) -> ColorMNetSmall:
    """A tiny network; running statistics of the trunk are drawn too, so that folding them is put to the test."""
    torch.manual_seed(seed)
    network = ColorMNetSmall(ColorMNetSmallConfig.tiny()).eval()
    for module in network.encoder.trunk.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return network


@pytest.fixture(scope="module")
def weights_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    colormnet_small.save(seeded(), path)
    return path


@pytest.fixture(scope="module")
def colorizer(weights_path: Path) -> ColorMNetSmallColorizer:
    return colormnet_small.load(weights_path, settings=POLICY)


@pytest.fixture(scope="module")
def shot() -> tuple[Tensor, Tensor]:
    """Lumas ``12 1 40 56`` and chromas of a texture that moves."""
    coarse = torch.rand(1, 3, 12, 16, generator=torch.Generator().manual_seed(3))
    canvas = torch.nn.functional.interpolate(coarse, (60, 90), mode="bicubic")[0]
    frames = torch.stack([canvas[:, t : t + 40, 2 * t : 2 * t + 56] for t in range(12)])
    return (100 * frames[:, :1]).clamp(0, 100), 80 * (frames[:, 1:] - 0.5)


@pytest.fixture(scope="module")
def first_frame(shot: tuple[Tensor, Tensor]) -> Reference:
    return Reference(shot[0][0], shot[1][0], index=0)


def test_the_network_is_compact() -> None:
    with torch.device("meta"):
        assert sum(p.numel() for p in ColorMNetSmall(ColorMNetSmallConfig()).parameters()) == 5_592_300


def test_a_shot_is_colored_from_a_file(
    colorizer: ColorMNetSmallColorizer, shot: tuple[Tensor, Tensor], first_frame: Reference
) -> None:
    assert isinstance(colorizer, Colorizer)
    colored = torch.stack([answer.chroma for answer in colorizer.colorize(shot[0], [first_frame])])
    assert torch.equal(colored[0], first_frame.chroma)
    assert colored.shape == (12, 2, 40, 56)
    assert torch.isfinite(colored).all()
    assert colored.abs().max() <= 110
    assert colored[1:].std() > 0.1


def test_any_picture_serves_as_exemplar(colorizer: ColorMNetSmallColorizer, shot: tuple[Tensor, Tensor]) -> None:
    foreign = Reference(shot[0][5, :, :20, :50], shot[1][5, :, :20, :50])
    assert torch.isfinite(torch.stack([answer.chroma for answer in colorizer.colorize(shot[0], [foreign])])).all()
    with pytest.raises(ExemplarError):
        colorizer.start([])


def test_two_streams_share_one_model(
    colorizer: ColorMNetSmallColorizer, shot: tuple[Tensor, Tensor], first_frame: Reference
) -> None:
    luma, chroma = shot
    takes = ((luma, first_frame), (luma.flip(0), Reference(luma[-1], chroma[-1], index=0)))
    alone = [[answer.chroma for answer in colorizer.colorize(frames, [reference])] for frames, reference in takes]
    states = [colorizer.start([reference]) for _, reference in takes]
    for i in range(len(luma)):
        for (frames, _), state, expected in zip(takes, states, alone):
            assert torch.equal(colorizer.step(frames[i], state).chroma, expected[i])


def test_a_copied_state_continues_alike(
    colorizer: ColorMNetSmallColorizer, shot: tuple[Tensor, Tensor], first_frame: Reference
) -> None:
    state = colorizer.start([first_frame])
    for frame in shot[0][:7]:
        colorizer.step(frame, state)
    twin = copy.deepcopy(state)
    ours = [colorizer.step(frame, state).chroma for frame in shot[0][7:]]
    assert all(torch.equal(colorizer.step(frame, twin).chroma, chroma) for frame, chroma in zip(shot[0][7:], ours))


def test_folding_leaves_the_network_as_it_was(weights_path: Path) -> None:
    network = colormnet_small.load_network(weights_path)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    colorizer = ColorMNetSmallColorizer(network)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    luma = torch.rand(1, 1, 64, 96) * 2 - 1
    with torch.no_grad():
        plain, folded = (of.eval().encode(luma)[1] for of in (network, colorizer.network))
    assert torch.allclose(plain.key, folded.key, atol=1e-4)


def test_every_parameter_learns() -> None:
    network = seeded(2)
    for module in network.modules():
        if isinstance(module, AttentionGate):  # its one hidden unit would else be dead in a network this small
            torch.nn.init.ones_(module.squeeze.bias)
    torch.nn.init.normal_(network.decoder.predict.weight, std=0.1)  # it begins with nothing to add
    generator = torch.Generator().manual_seed(4)
    luma, exemplar = torch.rand(2, 6, 1, 64, 64, generator=generator) * 2 - 1, torch.rand(2, 2, 64, 64) - 0.5
    out = network(luma, exemplar, generator=generator)
    assert out.shape == (2, 5, 2, 64, 64)
    out.abs().sum().backward()
    assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_recomputing_activations_changes_nothing() -> None:
    network = seeded(3)
    luma, exemplar = torch.rand(1, 4, 1, 32, 64) * 2 - 1, torch.rand(1, 2, 32, 64) - 0.5
    found = []
    for checkpointed in (False, True):
        network.zero_grad()
        generator = torch.Generator().manual_seed(1)
        network(luma, exemplar, generator=generator, checkpointed=checkpointed).square().sum().backward()
        found.append([p.grad.clone() for p in network.parameters() if p.grad is not None])
    assert len(found[0]) == len(found[1])
    assert all(torch.allclose(a, b, atol=1e-5, rtol=1e-3) for a, b in zip(*found))


def test_a_few_steps_of_training_lower_the_loss() -> None:
    network = seeded(5)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    chroma = torch.nn.functional.interpolate(torch.rand(1, 2, 4, 4) - 0.5, (64, 64), mode="bilinear")
    luma = torch.nn.functional.interpolate(torch.rand(1, 1, 8, 8) * 2 - 1, (64, 64), mode="bilinear")
    losses = []
    for _ in range(15):
        out = network(luma[:, None].expand(-1, 3, -1, -1, -1), chroma)
        loss = (out - chroma[:, None]).abs().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_the_trunk_begins_as_published() -> None:
    network = ColorMNetSmall.with_imagenet_trunk()
    assert network.encoder.trunk.stem.conv.weight.shape == (32, 1, 3, 3)
    with torch.no_grad():
        maps = network.eval().features(torch.rand(1, 1, 64, 96) * 2 - 1)
    assert [tuple(m.shape) for m in (maps.stride16, maps.stride8, maps.stride4)] == [
        (1, 128, 4, 6),
        (1, 64, 8, 12),
        (1, 32, 16, 24),
    ]


def test_a_saved_network_comes_back_with_its_config(weights_path: Path) -> None:
    loaded = colormnet_small.load_network(weights_path)
    assert loaded.config == ColorMNetSmallConfig.tiny()
    expected = seeded().state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in loaded.state_dict().items())


def test_colormnets_file_is_refused(tmp_path: Path) -> None:
    colormnet.save(ColorMNet(ColorMNetConfig.tiny()), tmp_path / "full.safetensors")
    with pytest.raises(WeightsError, match="holds colormnet, not colormnet-small"):
        colormnet_small.load(tmp_path / "full.safetensors")
