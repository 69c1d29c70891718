"""Configs of what no network can be, in weights files: one error that names the file, before anything is built."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from kinemacolor.errors import WeightsError
from kinemacolor.models import bistnet, color_prior, colormnet, colormnet_lite, deep_exemplar, deep_exemplar_lite

LOADS: dict[str, Callable[[Path], object]] = {
    "bistnet": bistnet.load,
    "color-prior": color_prior.load_network,
    "colormnet": colormnet.load,
    "colormnet-lite": colormnet_lite.load_network,
    "deep-exemplar": deep_exemplar.load_network,
    "deep-exemplar-lite": deep_exemplar_lite.load_network,
}


def refused(name: str, config: object, folder: Path) -> str:
    """What is said of a file with this config."""
    path = folder / "odd.safetensors"
    save_file({"a": torch.zeros(1)}, path, metadata={"network": name, "config": json.dumps(config)})
    with pytest.raises(WeightsError) as caught:
        LOADS[name](path)
    assert str(path) in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("value", [-1, 0, 5000, 2**40, 10**400], ids=["-1", "0", "5000", "2^40", "10^400"])
@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("bistnet", "width"),
        ("bistnet", "classes"),
        ("color-prior", "channels"),
        ("color-prior", "layers"),
        ("color-prior", "fine_heads"),
        ("colormnet", "value_channels"),
        ("colormnet-lite", "prior_channels"),
        ("colormnet-lite", "carried"),
        ("deep-exemplar", "features_width"),
    ],
)
def test_case_50_dimensions_of_no_network_are_refused(name: str, field: str, value: int, tmp_path: Path) -> None:
    assert field in refused(name, {field: value}, tmp_path)


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        ("colormnet-lite", {"trunk": {"stem_channels": -1}}, "stem_channels"),
        ("colormnet-lite", {"trunk": {"input_channels": 0}}, "input_channels"),
        ("colormnet-lite", {"trunk": {"width": float("nan")}}, "width"),
        ("colormnet-lite", {"trunk": {"width": 1e308}}, "width"),
        ("colormnet-lite", {"trunk": {"depth": float("inf")}}, "depth"),
        ("colormnet-lite", {"trunk": {"last_stride": 3}}, "last_stride"),
        ("colormnet-lite", {"trunk": {"last_stride": 8}}, "can be built"),
        ("color-prior", {"heads": 3}, "no multiple of heads"),
        ("colormnet", {"dino": {"heads": 5}}, "no multiple of heads"),
        ("colormnet", {"dino": {"depth": 10**6}}, "depth"),
        ("colormnet", {"image_trunk": {"depths": [3, 4]}}, "depths cannot be"),
        ("colormnet", {"image_trunk": {"widths": [64, 128, -3]}}, "widths"),
        ("deep-exemplar-lite", {"channels": [32, 64]}, "channels cannot be"),
        ("deep-exemplar-lite", {"channels": [32, 64, 10**9]}, "channels"),
        ("bistnet", {"temperature": float("nan")}, "temperature"),
    ],
)
def test_case_50_dimensions_that_do_not_fit_are_refused(name: str, config: object, said: str, tmp_path: Path) -> None:
    assert said in refused(name, config, tmp_path)


@pytest.mark.parametrize("config", [[], 3, "x", {"channels": [[1]]}, {"trunk": 3}, {"trunk": {"trunk": {}}}])
@pytest.mark.parametrize("name", list(LOADS))
def test_case_50_a_config_that_is_none_is_refused(name: str, config: object, tmp_path: Path) -> None:
    assert f"not {name}'s" in refused(name, config, tmp_path)


def test_case_50_tensors_of_no_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.safetensors"
    for rows in (0, 5000):
        save_file({"key_proj.key_proj.weight": torch.zeros(rows, 1, 1, 1)}, path)
        with pytest.raises(WeightsError, match="can be built"):
            colormnet.load(path)
